import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/optional.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

const TO_TEN = '1, 2, 3, 4, 5, 6, 7, 8, 9, 10';
const COMMON = {
  created: TO_TEN,
  stop_reason: 'end_turn',
  created_stream: TO_TEN,
  last_event: 'message_stop',
  streamed: TO_TEN,
  final: TO_TEN,
  error: { type: 'error', error: { type: 'not_found_error' } },
};

const TOOL_CALL_ID = /^toolu_\w{10,}$/;

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

/** A script takes as long as its libraries take to load: a minute on a busy machine. */
const SCRIPT = { timeout: 110_000 };

type Report = Readonly<Record<string, unknown>>;

/** Output of a script in the folder `python` that runs against the server. */
async function report(python: string, script: string, ...args: string[]): Promise<Report> {
  const file = path.join(import.meta.dirname, 'python', script);
  const { stdout } = await promisify(execFile)(python, [file, server.url, ...args], SCRIPT);
  // LiteLLM prints hints of its own before.
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Report;
}

/** Outputs of several scripts by their names; the library that they share is loaded once. */
async function reports(python: string, ...scripts: string[]) {
  return (await report(python, 'together.py', ...scripts)) as Readonly<Record<string, Report>>;
}

const old = process.env['PORTICO_TEST_PYTHON_OLD'];
const oldWayOut = 'name an interpreter with anthropic 0.24.0 in PORTICO_TEST_PYTHON_OLD';

describe('Python, then', () => {
  covers('R2.T-python-old', 'R3.1-results', 'R3.1-template');

  const missing = isMissing('Python with anthropic 0.24.0', old, oldWayOut);
  let made: Readonly<Record<string, Report>>;
  beforeAll(async () => {
    if (!missing) made = await reports(old ?? '', 'strict.py', 'old.py', 'tools_old.py');
  });

  it.skipIf(missing)('anthropic 0.24.0 finds no answer outside its types', () => {
    expect(made['strict.py']).toMatchObject({ version: '0.24.0', violations: [] });
    expect(made['strict.py']?.['checked']).toBeGreaterThan(20);
  });

  it.skipIf(missing)('anthropic 0.24.0 works', () => {
    const answer = made['old.py'];
    expect(answer).toMatchObject({ ...COMMON, version: '0.24.0' });
    expect(answer?.['usage']).toEqual([expect.any(Number), expect.any(Number)]);
    expect(new Set(answer?.['usage'] as number[]).size).toBe(1);
  });

  it.skipIf(missing)('anthropic 0.24.0 gets a tool call, and sends its result', () => {
    expect(made['tools_old.py']).toEqual({
      version: '0.24.0',
      id: expect.stringMatching(TOOL_CALL_ID),
      name: 'get_weather',
      input: { location: 'Paris' },
      reasons: ['tool_use', 'end_turn'],
      answer: 'The weather in Paris is 18 degrees and cloudy.',
    });
  });
});

const latest = process.env['PORTICO_TEST_PYTHON_NEW'];
const latestWayOut = 'name an interpreter with anthropic in PORTICO_TEST_PYTHON_NEW';

describe('Python, now', () => {
  covers('R2.T-python-new', 'R3.8-python', 'R3.4-parse');

  const missing = isMissing('Python with the latest anthropic', latest, latestWayOut);
  let made: Readonly<Record<string, Report>>;
  beforeAll(async () => {
    if (!missing) made = await reports(latest ?? '', 'strict.py', 'new.py', 'tools_new.py');
  });

  it.skipIf(missing)('the latest anthropic finds no answer outside its types', () => {
    expect(made['strict.py']).toMatchObject({ violations: [] });
    expect(made['strict.py']?.['checked']).toBeGreaterThan(100);
  });

  it.skipIf(missing)('the latest anthropic works', () => {
    const answer = made['new.py'];
    expect(answer).toMatchObject({
      ...COMMON,
      thinking: ['thinking', 'text'],
      models: expect.arrayContaining(['mini', 'first-alias']),
      model: 'mini',
      concurrently: [TO_TEN, TO_TEN, TO_TEN],
    });
    expect(answer?.['count']).toBe(answer?.['prompt_tokens']);
    expect(new Set(answer?.['usage'] as number[]).size).toBe(1);
  });

  it.skipIf(missing)('the latest anthropic runs tools in a loop, and parses', () => {
    const loop = {
      reasons: ['tool_use', 'tool_use', 'end_turn'],
      ids: [expect.stringMatching(TOOL_CALL_ID), expect.stringMatching(TOOL_CALL_ID)],
      commands: [expect.stringMatching(/^echo .* > hello\.txt$/), 'cat hello.txt'],
      answer: 'DONE',
    };
    const answer = made['tools_new.py'];
    expect(answer).toMatchObject({ parsed: { name: 'Alice', age: 31 } });
    expect(answer?.['plain']).toEqual(loop);
    expect(answer?.['streamed']).toEqual(loop);
    expect(answer?.['parts']).toBeGreaterThan(6);
  });
});

const clients = process.env['PORTICO_TEST_PYTHON_CLIENTS'];
const clientsWayOut =
  'name an interpreter with langchain-anthropic, pydantic-ai-slim[anthropic], instructor and litellm in PORTICO_TEST_PYTHON_CLIENTS';

describe('Python client libraries', () => {
  const missing = isMissing('Python with client libraries', clients, clientsWayOut);

  it.skipIf(missing)('get text, streams, tool calls and objects', async () => {
    const object = { name: expect.any(String), age: expect.any(Number) };
    const tools = [['get_weather', { location: 'Paris' }]];
    const all = { text: TO_TEN, stream: TO_TEN, tools, object };
    expect(await report(clients ?? '', 'clients.py')).toEqual({
      langchain: all,
      pydantic_ai: all,
      instructor: { object, stream: object },
      litellm: all,
    });
  });
});
