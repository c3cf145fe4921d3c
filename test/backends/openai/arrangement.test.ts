import { describe, expect, it, onTestFinished } from 'vitest';
import { adjust, UNADJUSTED } from '../../../src/backends/openai/adjustments.ts';
import type { ChatMessage } from '../../../src/backends/openai/chat-message.ts';
import { toMessages } from '../../../src/backends/openai/messages.ts';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { Conversation, Part, Turn } from '../../../src/core/conversation.ts';
import { finish } from '../../../src/core/steps.ts';
import { collect, request } from '../../support/requests.ts';
import { ANSWER, event, startActing } from './acting-server.ts';
import type { Act } from './acting-server.ts';
import { entry, openBackend } from './peers.ts';

const signal = AbortSignal.timeout(60_000);

const text = (words: string): Part => ({ kind: 'text', text: words });
const call = (id: string): Part => ({ kind: 'tool-call', id, name: 'look', input: {} });
const result = (callId: string): Part => ({
  kind: 'tool-result',
  callId,
  output: [text(`result ${callId}`)],
  isError: false,
});
const image: Part = {
  kind: 'image',
  source: { kind: 'base64', mediaType: 'image/png', data: 'AA' },
};
const turn = (role: Turn['role'], ...parts: readonly Part[]): Turn => ({ role, parts });

/** Turn of Claude Code after a tool ran: the result and a reminder together. */
const AGENT: Conversation = {
  system: [{ kind: 'text', text: 'You are an agent.' }],
  turns: [
    turn('user', text('Hi')),
    turn('assistant', call('a')),
    turn('user', result('a'), text('Go on.')),
  ],
  tools: [],
};

/** The messages of a request that a server took after refusals. */
type Check = (messages: readonly ChatMessage[]) => string | undefined;

function open(): Backend {
  const backend = openBackend();
  onTestFinished(() => backend.close());
  return backend;
}

/** Refusal of a request with this text. */
type Refuse = (message: string) => Act;

const withStatus =
  (status: number): Refuse =>
  (message) => ({ status, error: { message } });

/** Refusals with status 200: by a first event, by one after an empty delta, and by JSON. */
const REFUSALS: readonly (readonly [string, Refuse])[] = [
  ['with status 400', withStatus(400)],
  ['with status 500', withStatus(500)],
  ['by an event', (message) => ({ events: [{ error: { message } }] })],
  [
    'by an event after an empty delta',
    (message) => ({ events: [event({ role: 'assistant', content: '' }), { error: { message } }] }),
  ],
  ['by JSON with status 200', (message) => ({ whole: { error: { message, code: 400 } } })],
];

async function startStrict(check: Check, refuse: Refuse = withStatus(400)) {
  return startActing(({ body }): Act => {
    const message = check(body['messages'] as readonly ChatMessage[]);
    return message === undefined ? ANSWER : refuse(message);
  });
}

/** Asks twice; returns the roles and contents that the server took, and how often it was asked. */
async function settle(check: Check, conversation: Conversation, refuse?: Refuse) {
  const server = await startStrict(check, refuse);
  const backend = open();
  const asked = (): Promise<unknown> =>
    collect(backend.generate(toRequest(server.url, conversation), signal));
  await asked();
  const first = server.seen.length;
  await asked();
  const taken = server.seen.at(-1)?.body['messages'] as readonly ChatMessage[];
  return { taken, first, second: server.seen.length - first };
}

function toRequest(url: string, conversation: Conversation): GenerationRequest {
  return request(entry(url, { server: 'other' }), [], { conversation });
}

const roles = (messages: readonly ChatMessage[]) => messages.map(({ role }) => role).join(' ');

/** mistral_common and Mistral's own API. */
const ordered: Check = (messages) => {
  const wrong = messages.findIndex(
    ({ role }, index) => role === 'user' && messages[index - 1]?.role === 'tool',
  );
  return wrong === -1 ? undefined : "Unexpected role 'user' after role 'tool'";
};

/** The templates of Mistral Nemo and Mistral Small 3. */
const alternating: Check = (messages) => {
  const counted = messages
    .slice(messages[0]?.role === 'system' ? 1 : 0)
    .filter((message) => message.role !== 'tool' && !('tool_calls' in message));
  const wrong = counted.some(({ role }, index) => (role === 'user') !== (index % 2 === 0));
  return wrong
    ? 'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...'
    : undefined;
};

describe('a server that refuses user text after tool results', () => {
  describe.each(REFUSALS)('%s', (_how, refuse) => {
    it.each([
      ['Mistral', ordered],
      ['a chat template', alternating],
    ])(
      'in the words of %s is asked again with the text in the last result',
      async (_who, check) => {
        const { taken, first, second } = await settle(check, AGENT, refuse);
        expect(roles(taken)).toBe('system user assistant tool');
        expect(taken.at(-1)).toMatchObject({ content: 'result a\n\nGo on.' });
        expect([first, second]).toEqual([2, 1]);
      },
    );
  });

  it('gets a picture after a word of the assistant', async () => {
    const turns = [...AGENT.turns.slice(0, 2), turn('user', result('a'), image)];
    const { taken } = await settle(ordered, { ...AGENT, turns });
    expect(roles(taken)).toBe('system user assistant tool assistant user');
  });

  it('gets system messages as part of the result too', async () => {
    const turns = [...AGENT.turns, turn('system', text('Be brief.'))];
    const { taken } = await settle(alternating, { ...AGENT, turns });
    expect(roles(taken)).toBe('system user assistant tool');
    expect(taken.at(-1)?.content).toBe(
      'result a\n\nGo on.\n\n<system-reminder>\nBe brief.\n</system-reminder>',
    );
  });

  it('gets text after calls before them', async () => {
    const turns = [
      turn('user', text('Hi')),
      turn('assistant', text('I look. '), call('a'), text('Wait.')),
      turn('user', result('a')),
      turn('assistant', text('Done.')),
      turn('user', text('More')),
    ];
    const { taken } = await settle(alternating, { ...AGENT, turns });
    expect(roles(taken)).toBe('system user assistant tool assistant user');
    expect(taken[2]).toMatchObject({ content: 'I look. Wait.', tool_calls: [{ id: 'a' }] });
  });
});

describe('a server whose template has no system role', () => {
  it.each(REFUSALS)('may refuse it %s', async (_how, refuse) => {
    const { taken, first, second } = await settle(
      ([message]) => (message?.role === 'system' ? 'System role not supported' : undefined),
      { ...AGENT, turns: [turn('user', text('Hi'))] },
      refuse,
    );
    expect(taken).toEqual([{ role: 'user', content: 'You are an agent.\n\nHi' }]);
    expect([first, second]).toEqual([2, 1]);
  });

  it.each([
    'System role not supported',
    'Developer instruction is not enabled for models/gemma-2-27b-it',
    'This model does not support a system message',
  ])('gets the system prompt at the head of the first user turn: %s', async (message) => {
    const { taken, first, second } = await settle(
      (messages) => (messages.some(({ role }) => role === 'system') ? message : undefined),
      { ...AGENT, turns: [turn('user', text('Hi')), turn('system', text('Be brief.'))] },
    );
    expect(taken).toEqual([
      {
        role: 'user',
        content: 'You are an agent.\n\nHi\n\n<system-reminder>\nBe brief.\n</system-reminder>',
      },
    ]);
    expect([first, second]).toEqual([2, 1]);
  });
});

describe('a server that takes one call in a message', () => {
  it('gets each call with its result', async () => {
    const check: Check = (messages) =>
      messages.some((one) => 'tool_calls' in one && (one.tool_calls?.length ?? 0) > 1)
        ? 'This model only supports single tool-calls at once!'
        : undefined;
    const turns = [
      turn('user', text('Hi')),
      turn('assistant', text('Two.'), call('a'), call('b')),
      turn('user', result('b'), result('a'), text('Go on.')),
    ];
    const { taken } = await settle(check, { ...AGENT, turns });
    expect(taken.slice(2)).toMatchObject([
      { role: 'assistant', content: 'Two.', tool_calls: [{ id: 'a' }] },
      { role: 'tool', tool_call_id: 'a' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'b' }] },
      { role: 'tool', tool_call_id: 'b' },
      { role: 'user', content: 'Go on.' },
    ]);
  });
});

describe('a refusal of the messages', () => {
  const about = (message: string, conversation: Conversation, code = '') =>
    adjust(UNADJUSTED, { message, code }, toRequest('http://x', conversation));

  it.each([
    ["Unexpected role 'user' after role 'tool'", ''],
    ['Conversation roles must alternate user/assistant/user/assistant/...', ''],
    ['Messages in the wrong order', 'invalid_request_message_order'],
    ['Expected last role Assistant but got user', ''],
  ])('folds text into the result: %s', (message, code) => {
    expect(about(message, AGENT, code)).toEqual({ ...UNADJUSTED, foldedResults: true });
  });

  it.each([
    'Unexpected message role.',
    'Invalid message role',
    'Invalid role system. Only user, assistant, tool are supported.',
    'Expected last role User or Tool (or Assistant with prefix True) for serving but got system',
  ])('moves system messages to the user: %s', (message) => {
    const turns = [turn('user', text('Hi')), turn('system', text('s'))];
    expect(about(message, { ...AGENT, turns })).toEqual({ ...UNADJUSTED, systemFirst: true });
  });

  it('of thinking beside text and calls leaves the thinking out there', () => {
    const thought: Part = { kind: 'thinking', text: 'hm' };
    const turns = [
      turn('assistant', thought, text('I look.'), call('a')),
      turn('assistant', thought, call('b')),
    ];
    const conversation = { ...AGENT, turns };
    const next = about(
      'Cannot pass both content and thinking in an assistant message',
      conversation,
    );
    const messages = finish(toMessages(conversation, { ...(next ?? UNADJUSTED), thinking: true }));
    expect(messages.map((message) => 'reasoning' in message)).toEqual([false, false, true]);
  });

  it('of a reasoning effort leaves it out', () => {
    const message = 'Unexpected reasoning effort high. Supported types are xhigh, medium, and low.';
    expect(about(message, AGENT)).toEqual({ ...UNADJUSTED, dropped: ['reasoning_effort'] });
  });

  it.each(REFUSALS)('is passed on after every arrangement was tried, %s', async (_how, refuse) => {
    const { url, seen } = await startStrict(() => 'Unexpected message role.', refuse);
    const asking = collect(open().generate(toRequest(url, AGENT), signal));
    await expect(asking).rejects.toThrow('Unexpected message role.');
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.length).toBeLessThan(6);
  });

  it('in mid-answer is passed on', async () => {
    const { url, seen } = await startStrict(
      () => 'System role not supported',
      (message) => ({ events: [event({ content: 'Hi' }), { error: { message } }] }),
    );
    const asking = collect(open().generate(toRequest(url, AGENT), signal));
    await expect(asking).rejects.toThrow('System role not supported');
    expect(seen).toHaveLength(1);
  });

  it('that no arrangement changes is passed on', () => {
    const plain = { ...AGENT, system: [], turns: [turn('user', text('Hi'))] };
    expect(about('Conversation roles must alternate user/assistant', plain)).toBeUndefined();
    expect(about('System role not supported', plain)).toBeUndefined();
  });
});

describe('tool results', () => {
  it('go to the server in the order of their calls', () => {
    const turns = [
      turn('assistant', call('a'), call('b'), call('c')),
      turn('user', result('c'), text('x'), result('a'), result('b')),
    ];
    const messages = finish(toMessages({ ...AGENT, turns }, { ...UNADJUSTED, thinking: false }));
    expect(messages.flatMap((one) => (one.role === 'tool' ? [one.tool_call_id] : []))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });
});
