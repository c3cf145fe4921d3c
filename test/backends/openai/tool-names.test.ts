import { describe, expect, it, onTestFinished } from 'vitest';
import type { ToolChoice, ToolSpec, Turn } from '../../../src/core/conversation.ts';
import type { ServerKind } from '../../../src/backends/openai/spec.ts';
import { collect, request } from '../../support/requests.ts';
import { event, startActing } from './acting-server.ts';
import type { Act, SeenRequest } from './acting-server.ts';
import { entry, openBackend } from './peers.ts';

const signal = AbortSignal.timeout(60_000);

const LONG = `mcp__a-server-with-a-long-name__${'and_a_tool'.repeat(6)}`;
const FITS = /^[a-zA-Z0-9_-]{1,64}$/;

interface Body {
  readonly tools: readonly { readonly function: { readonly name: string } }[];
  readonly tool_choice: unknown;
  readonly messages: readonly {
    readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
  }[];
}

const tool = (name: string): ToolSpec => ({
  name,
  description: '',
  inputSchema: { type: 'object' },
  origin: { kind: 'custom' },
  deferred: false,
});

const bodyOf = ({ body }: SeenRequest) => body as unknown as Body;
const namesIn = (seen: SeenRequest) => bodyOf(seen).tools.map((one) => one.function.name);

/** Offers tools to a server that calls the last one; returns what it saw, and the name of the call. */
async function offer(
  kind: ServerKind,
  names: readonly string[],
  past: readonly string[] = [],
  act?: (seen: SeenRequest) => Act | undefined,
) {
  const server = await startActing((seen) => {
    const name = namesIn(seen).at(-1) ?? '';
    const call = { index: 0, id: 'a', function: { name, arguments: '{}' } };
    const calling = { events: [event({ tool_calls: [call] }), event({}, 'tool_calls')] };
    return act?.(seen) ?? calling;
  });
  const backend = openBackend();
  onTestFinished(() => backend.close());
  const model = entry(server.url, { server: kind });
  const called = past.map((name, index) => ({
    kind: 'tool-call' as const,
    id: `toolu_${index}`,
    name,
    input: {},
  }));
  const results = called.map(({ id }) => ({
    kind: 'tool-result' as const,
    callId: id,
    output: [],
    isError: false,
  }));
  const turns: readonly Turn[] = [
    { role: 'user', parts: [{ kind: 'text', text: 'Go!' }] },
    ...(past.length === 0
      ? []
      : [{ role: 'assistant', parts: called } as const, { role: 'user', parts: results } as const]),
  ];
  const choice: ToolChoice = { mode: 'tool', name: names.at(-1) ?? '', parallel: true };
  const conversation = { system: [], turns, tools: names.map(tool) };
  const asked = request(model, turns, { conversation, toolChoice: choice });
  const { events } = await collect(backend.generate(asked, signal));
  const start = events.find((one) => one.type === 'tool-call-start');
  return { seen: server.seen, name: start?.type === 'tool-call-start' ? start.name : undefined };
}

describe('a tool whose name is over 64 characters', () => {
  it.each(['openai', 'other'] as const)(
    'has a short one for %s, and its own again',
    async (kind) => {
      const { seen, name } = await offer(kind, ['look', LONG], [LONG, 'look', 'old.tool:x']);
      const [body] = seen.map(bodyOf);
      const [kept, short] = body?.tools.map((one) => one.function.name) ?? [];
      expect(kept).toBe('look');
      expect(short).toMatch(FITS);
      expect(name).toBe(LONG);
      const past = body?.messages.flatMap((one) => one.tool_calls ?? []) ?? [];
      expect(past.map((one) => one.function.name)).toEqual([
        short,
        'look',
        expect.stringMatching(/^old_tool_x_[0-9a-f]{8}$/),
      ]);
      if (kind === 'openai') {
        expect(body?.tool_choice).toEqual({ type: 'function', function: { name: short } });
      }
    },
  );

  it('keeps its short name whatever else is offered', async () => {
    const [one, other] = [
      await offer('other', [LONG]),
      await offer('other', ['a', `${LONG}b`, LONG]),
    ];
    expect(one.seen.map(namesIn)[0]?.[0]).toBe(other.seen.map(namesIn)[0]?.[2]);
  });

  it('never shares its short name', async () => {
    const first = (await offer('other', [LONG])).seen.map(namesIn)[0]?.[0] ?? '';
    const names = [first, `${LONG}1`, `${LONG}2`, LONG];
    const { seen, name } = await offer('other', names);
    const sent = seen.map(namesIn)[0] ?? [];
    expect(sent[0]).toBe(first);
    expect(new Set(sent).size).toBe(4);
    for (const one of sent) expect(one).toMatch(FITS);
    expect(name).toBe(LONG);
  });

  it.each(['vllm', 'sglang', 'llama-server', 'lm-studio'] as const)(
    'keeps it for %s, which has no limit',
    async (kind) => {
      const { seen, name } = await offer(kind, ['look', LONG]);
      expect(seen.map(namesIn)[0]?.at(-1)).toBe(LONG);
      expect(name).toBe(LONG);
    },
  );

  it.each([
    "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 91 instead.",
    "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
    'Function name was x but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.',
  ])('has a short one once its server refuses it: %s', async (message) => {
    const { seen, name } = await offer('vllm', [LONG], [], (one) =>
      FITS.test(namesIn(one)[0] ?? '') ? undefined : { status: 400, error: { message } },
    );
    expect(seen).toHaveLength(2);
    expect(name).toBe(LONG);
  });
});
