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

/** Output of a script in this folder that runs against the server. */
async function report(python: string, script: string): Promise<Record<string, unknown>> {
  const file = path.join(import.meta.dirname, 'python', script);
  const { stdout } = await promisify(execFile)(python, [file, server.url], SCRIPT);
  // LiteLLM prints hints of its own before.
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

const old = process.env['PORTICO_TEST_PYTHON_OLD'];
const oldWayOut = 'name an interpreter with anthropic 0.24.0 in PORTICO_TEST_PYTHON_OLD';

describe('Python, then', () => {
  covers('R2.T-python-old', 'R3.1-results', 'R3.1-template');

  const missing = isMissing('Python with anthropic 0.24.0', old, oldWayOut);

  it.skipIf(missing)('anthropic 0.24.0 finds no answer outside its types', async () => {
    const answer = await report(old ?? '', 'strict.py');
    expect(answer).toMatchObject({ version: '0.24.0', violations: [] });
    expect(answer['checked']).toBeGreaterThan(20);
  });

  it.skipIf(missing)('anthropic 0.24.0 works', async () => {
    const answer = await report(old ?? '', 'old.py');
    expect(answer).toMatchObject({ ...COMMON, version: '0.24.0' });
    expect(answer['usage']).toEqual([expect.any(Number), expect.any(Number)]);
    expect(new Set(answer['usage'] as number[]).size).toBe(1);
  });

  it.skipIf(missing)('anthropic 0.24.0 gets a tool call, and sends its result', async () => {
    expect(await report(old ?? '', 'tools_old.py')).toEqual({
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

  it.skipIf(missing)('the latest anthropic finds no answer outside its types', async () => {
    const { checked, violations } = await report(latest ?? '', 'strict.py');
    expect(violations).toEqual([]);
    expect(checked).toBeGreaterThan(100);
  });

  it.skipIf(missing)('the latest anthropic works', async () => {
    const answer = await report(latest ?? '', 'new.py');
    expect(answer).toMatchObject({
      ...COMMON,
      thinking: ['thinking', 'text'],
      models: expect.arrayContaining(['mini', 'first-alias']),
      model: 'mini',
      concurrently: [TO_TEN, TO_TEN, TO_TEN],
    });
    expect(answer['count']).toBe(answer['prompt_tokens']);
    expect(new Set(answer['usage'] as number[]).size).toBe(1);
  });

  it.skipIf(missing)('the latest anthropic runs tools in a loop, and parses', async () => {
    const loop = {
      reasons: ['tool_use', 'tool_use', 'end_turn'],
      ids: [expect.stringMatching(TOOL_CALL_ID), expect.stringMatching(TOOL_CALL_ID)],
      commands: [expect.stringMatching(/^echo .* > hello\.txt$/), 'cat hello.txt'],
      answer: 'DONE',
    };
    const { plain, streamed, parts, parsed } = await report(latest ?? '', 'tools_new.py');
    expect(plain).toEqual(loop);
    expect(streamed).toEqual(loop);
    expect(parts).toBeGreaterThan(6);
    expect(parsed).toEqual({ name: 'Alice', age: 31 });
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
