import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLocalBackend } from '../../../../src/backends/local/backend.ts';
import { startLlama } from '../../../../src/backends/local/model/native-llama.ts';
import { PromptProcess } from '../../../../src/backends/local/prompts/prompt-process.ts';
import type { Backend } from '../../../../src/core/backend.ts';
import type { ToolSpec } from '../../../../src/core/conversation.ts';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { ModelSpec } from '../../../../src/core/model.ts';
import { ENGINE } from '../../../support/engine-variant.ts';
import { GREEDY_TEMPLATES } from '../../../support/hostile-templates.ts';
import { childrenOf } from '../../../support/processes.ts';
import { collect, MINI, request, said } from '../../../support/requests.ts';
import { covers } from '../../../support/covers.ts';

const soon = () => AbortSignal.timeout(50_000);

/** Does something hostile when a message says BOOM. */
const triggered = (attack: string): string =>
  `{% for message in messages %}{% if 'BOOM' in message.content %}${attack}{% endif %}` +
  '<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n';

const LOOP =
  '{% for i in range(3000) %}{% for j in range(3000) %}{% for k in range(3000) %}{% endfor %}{% endfor %}{% endfor %}';
const MILLION_MILLION =
  '{% for i in range(1000000) %}{% for j in range(1000000) %}x{% endfor %}{% endfor %}';
const GROWTH =
  "{% set ns = namespace(x='xxxxxxxx') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";
const DOUBLED_LIST =
  '{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}';
const NO_CALLS = { mode: 'none' as const };
const RECURSION = '{% macro again(n) %}{{ again(n + 1) }}{% endmacro %}{{ again(0) }}';

describe('a rendering that exceeds its limits', () => {
  covers('R12.2-template');

  let prompts: PromptProcess;
  const model = 'hostile';
  const conversation = (text: string) => ({
    conversation: { system: [], turns: said(text), tools: [] },
    toolChoice: { mode: 'none' as const },
    thinking: { mode: 'disabled' as const },
  });
  const write = (text: string) =>
    prompts.run('write', { request: conversation(text), answers: [] });
  const open = async (attack: string) => {
    const template = { model, source: triggered(attack), bos: '', eos: '' };
    const reading = await prompts.run('read', template);
    await prompts.configure({ ...template, ...reading, controlTexts: ['<|im_end|>'], ends: [] });
  };
  beforeAll(async () => {
    // Its native addon renders.
    const native = await startLlama();
    await native.close();
    prompts = new PromptProcess({ model, cpuMs: 400 });
  });
  afterAll(() => prompts.close());

  it.each([
    ['in time', LOOP, /took longer than 0.4 s/],
    [
      'in its size',
      "{{ 'x' * 70000000 }}",
      /wrote more than \d+ characters|took longer|too much memory/,
    ],
    ['in memory', '{% for i in range(1000000000) %}{% endfor %}', /too much memory|took longer/],
    ['by nested ranges', MILLION_MILLION, /took longer than 0.4 s|too much memory/],
    ['by growth', GROWTH, /too much memory|took longer|wrote more/],
    ['by growth of a list', DOUBLED_LIST, /too much memory|took longer/],
    ['by recursion', RECURSION, /ended its process|took longer|too much memory/],
  ])('%s is refused, and the next one works', async (_how, attack, reason) => {
    await open(attack);
    const failure: unknown = await write('BOOM').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'invalid-request' });
    expect(String(failure)).toContain('The chat template of hostile exceeded its limits');
    expect(String(failure)).toMatch(reason);
    const { prompt } = await write('Hello');
    expect(prompt.stretches.map(({ text }) => text).join('')).toContain('Hello');
  });

  it('is refused while the template is read', async () => {
    const template = { model, source: LOOP, bos: '', eos: '' };
    await expect(prompts.run('read', template)).rejects.toThrow(
      /hostile .* took longer than 0.4 s/,
    );
  });

  it.each(Object.entries(GREEDY_TEMPLATES))(
    'is refused if it misuses %s',
    async (_what, source) => {
      const read = prompts.run('read', { model, source, bos: '', eos: '' });
      await expect(read).rejects.toThrow(
        /hostile exceeded its limits.*(took longer than|needed too much memory)/,
      );
    },
  );

  it('ends when its client has gone', async () => {
    await open(LOOP);
    const client = new AbortController();
    setTimeout(() => client.abort(), 100);
    const asked = prompts.run(
      'write',
      { request: conversation('BOOM'), answers: [] },
      client.signal,
    );
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect((await write('Hello')).prompt.stretches.length).toBeGreaterThan(0);
  });
});

describe('a prompt process that something else ends', () => {
  covers('R12.2-template');

  const conversation = { system: [], turns: said('BOOM'), tools: [] };
  const thinking = { mode: 'disabled' as const };
  const input = { request: { conversation, toolChoice: NO_CALLS, thinking }, answers: [] };
  let others: readonly number[];
  let prompts: PromptProcess;
  /** Opens a process and pauses it, so that its job can't end before the process is killed. */
  const open = async (options: { readonly wallMs?: number } = {}) => {
    others = await childrenOf(process.pid);
    prompts = new PromptProcess({ model: 'innocent', ...options });
    onTestFinished(() => prompts.close());
    const template = { model: 'innocent', source: triggered(''), bos: '', eos: '' };
    const reading = await prompts.run('read', template);
    await prompts.configure({ ...template, ...reading, controlTexts: [], ends: [] });
    for (const pid of await childrenOf(process.pid)) {
      if (!others.includes(pid)) process.kill(pid, 'SIGSTOP');
    }
  };
  /** Kills so many processes, each as soon as it is there. */
  const kill = async (count: number) => {
    const killed = new Set(others);
    for (let left = count; left > 0; left -= 1) {
      const pid = await vi.waitUntil(
        async () => (await childrenOf(process.pid)).find((child) => !killed.has(child)),
        { timeout: 5000, interval: 5 },
      );
      killed.add(pid);
      process.kill(pid, 'SIGKILL');
    }
  };

  it('does its job again in a new one', async () => {
    await open();
    const [{ prompt }] = await Promise.all([prompts.run('write', input), kill(1)]);
    expect(prompt.stretches.map(({ text }) => text).join('')).toContain('BOOM');
  });

  it('does its job again if it was stopped', async () => {
    await open({ wallMs: 4000 });
    const { prompt } = await prompts.run('write', input);
    expect(prompt.stretches.map(({ text }) => text).join('')).toContain('BOOM');
  });

  it('fails it as overloaded if that one is ended too', async () => {
    await open();
    const [failure] = await Promise.all([
      prompts.run('write', input).catch((error: unknown) => error),
      kill(2),
    ]);
    expect(failure).toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('innocent was ended from outside (SIGKILL)'),
    });
  });
});

describe('a request that is too large', () => {
  covers('R12.2-refused');

  let backend: Backend;
  beforeAll(() => {
    backend = createLocalBackend({
      engine: 'isolated',
      ...ENGINE,
      context: undefined,
      queueLimit: 8,
      log: () => undefined,
      childModule: new URL('../../../../dist/backends/local/worker/child.js', import.meta.url),
    });
  });
  afterAll(() => backend.close());

  const tool = (inputSchema: JsonObject): ToolSpec => ({
    name: 'lookup',
    description: 'Looks up.',
    inputSchema,
    origin: { kind: 'custom' },
    deferred: false,
  });
  const names = (count: number) => Array.from({ length: count }, (_, index) => `name${index}`);
  const ask = (text: string, tools: readonly ToolSpec[] = [], model: ModelSpec = MINI) => {
    const conversation = { system: [], turns: said(text), tools };
    return collect(backend.generate(request(model, said(text), { conversation }), soon()));
  };

  it('is refused by the size of its prompt, before that is tokenized', async () => {
    await ask('Count from 1 to 3');
    // Counted, its tokens are four million: each character is one.
    await expect(ask('q7'.repeat(2_000_000))).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: expect.stringMatching(/^prompt is too long: \d{6} tokens > 8192 maximum$/),
    });
  });

  it.each<[string, JsonObject, string]>([
    [
      'values',
      { properties: { x: { enum: names(20_000) } } },
      'the schema of `lookup`.properties.x.enum has 20000 values; at most 10000',
    ],
    [
      'properties',
      { properties: Object.fromEntries(names(600).map((name) => [name, {}])) },
      'the schema of `lookup`.properties has 600 keys; at most 500',
    ],
    [
      'alternatives',
      { anyOf: names(600).map((name) => ({ const: name })) },
      'the schema of `lookup`.anyOf has 600 items; at most 500',
    ],
  ])('is refused for too many %s, with their place', async (_what, schema, message) => {
    await expect(ask('Hi', [tool({ type: 'object', ...schema })])).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining(message),
    });
    expect((await ask('Count from 1 to 3')).text).toBe('1, 2, 3');
  });
});
