import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { randomOf } from '../support/random.ts';
import { REPOSITORY, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { IS_LONG, reportRows } from './report.ts';

const MINI = path.join(REPOSITORY, 'models/mini.gguf');
const ENOUGH_MS = 120_000;
const SEED = 12;
const DAMAGED = IS_LONG ? 100 : 6;

/** Templates that work for long, for ever, or not at all. */
const TEMPLATES: Readonly<Record<string, string>> = {
  'is no template': '{% if %}{{',
  'never ends a block': '{% for message in messages %}x',
  'calls what is not there': '{{ nothing.at.all(1) }}',
  'raises an exception': "{{ raise_exception('no') }}",
  'counts to a billion': '{% for i in range(1000000000) %}x{% endfor %}',
  'doubles a text':
    "{% set ns = namespace(t='x') %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}{{ ns.t }}",
  'calls itself': '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  'is deeply nested': `${'{% if true %}'.repeat(3000)}x${'{% endif %}'.repeat(3000)}`,
  'has deep brackets': `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`,
  'reaches for a constructor': "{{ ''.constructor.constructor('return process')().exit(3) }}",
  'changes a prototype': "{% set x = messages.__proto__ %}{{ messages['__proto__']['polluted'] }}",
  'renders nothing': '',
  'renders control tokens': "{{ '<|im_end|>' * 1000 }}",
  ...(IS_LONG && {
    // Each takes the whole of a rendering's limits, which are smaller in hostile-templates.test.ts.
    'counts to a million million':
      '{% for i in range(1000000) %}{% for j in range(1000000) %}x{% endfor %}{% endfor %}',
    'doubles a list':
      '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}{{ ns.l }}',
  }),
};

/** A copy of the embedded model with some bytes changed, mostly in its header. */
function damaged(whole: Buffer, number: number): Buffer {
  const random = randomOf(SEED * 1000 + number);
  const bytes = Buffer.from(whole);
  const reach = random.chance(0.8) ? 60_000 : bytes.length;
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    bytes[random.below(Math.min(reach, bytes.length))] = random.below(256);
  }
  return random.chance(0.2) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

/** Templates that meet an engine in a process of its own; a start of one takes longer than most renderings. */
const ISOLATED = ['raises an exception', 'calls itself'];

let folder: string;
/** Has its engines in processes of their own. */
let isolated: RunningServer;
/** Has its engines in itself, so that all that ends one ends the server. */
let inProcess: RunningServer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  const whole = await readFile(MINI);
  const entries: string[] = [];
  for (const [index, template] of Object.values(TEMPLATES).entries()) {
    await writeFile(path.join(folder, `${index}.jinja`), template);
    entries.push(
      `  template-${index}: { backend: llama, file: '${MINI}', template: '${folder}/${index}.jinja', keep_alive: 0 }`,
    );
  }
  for (let number = 0; number < DAMAGED; number++) {
    await writeFile(path.join(folder, `${number}.gguf`), damaged(whole, number));
    entries.push(
      `  file-${number}: { backend: llama, file: '${folder}/${number}.gguf', keep_alive: 0 }`,
    );
  }
  const start = (engine: string) =>
    startServer({
      registry: `models:\n${entries.join('\n')}\n`,
      args: ['--context', '2048', '--parallel', '1', '--engine', engine],
    });
  [isolated, inProcess] = await Promise.all([start('isolated'), start('in-process')]);
});
afterAll(async () => {
  await Promise.all([isolated.stop(), inProcess.stop()]);
  await rm(folder, { recursive: true });
});

const record = reportRows('Templates and model files');

/** Status and type of an answer. Throws for one that is none of the API's, or takes too long. */
async function outcomeOf(server: RunningServer, model: string): Promise<string> {
  const signal = AbortSignal.timeout(ENOUGH_MS);
  const body = request('Hello', { model, max_tokens: 5 });
  const response = await post(`${server.url}/v1/messages`, body, {}, signal);
  if (response.status !== 200) return `${response.status} ${(await errorOf(response)).error.type}`;
  await messageOf(response);
  return 'an answer';
}

async function expectHealthy(server: RunningServer): Promise<void> {
  const answer = await post(`${server.url}/v1/messages`, request('Count from 1 to 3'));
  expect(textOf(await messageOf(answer))).toBe('1, 2, 3');
  expect(server.stderr()).not.toContain('failed unexpectedly');
}

describe('a template that', () => {
  it.each(Object.keys(TEMPLATES).map((name, index) => [name, index] as const))(
    '%s ends its own request alone',
    async (name, index) => {
      const server = IS_LONG || ISOLATED.includes(name) ? isolated : inProcess;
      const started = performance.now();
      const outcome = await outcomeOf(server, `template-${index}`);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      record(`a template that ${name}`, `${outcome} after ${seconds} s`);
      expect(outcome).toMatch(/^an answer|^400 /);
      await expectHealthy(server);
    },
    2 * ENOUGH_MS,
  );
});

describe('a model file with changed bytes', () => {
  it(
    `ends its own request alone, ${DAMAGED} times`,
    async () => {
      const outcomes = new Map<string, number>();
      for (let number = 0; number < DAMAGED; number++) {
        const outcome = await outcomeOf(isolated, `file-${number}`);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      const counts = [...outcomes].map(([outcome, count]) => `${count} × ${outcome}`);
      record(`${DAMAGED} model files with changed bytes, seed ${SEED}`, counts.join(', '));
      for (const outcome of outcomes.keys()) expect(outcome).toMatch(/^an answer|^400 /);
      await expectHealthy(isolated);
    },
    IS_LONG ? 1_800_000 : 240_000,
  );
});
