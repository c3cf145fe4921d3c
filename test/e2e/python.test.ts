import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/optional.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

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

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ registry: 'aliases:\n  my-alias: mini\n' });
});
afterAll(() => server.stop());

/** What a script beside this file prints when it is run against the server. */
async function report(python: string, script: string): Promise<Record<string, unknown>> {
  const file = path.join(import.meta.dirname, 'python', script);
  const { stdout } = await promisify(execFile)(python, [file, server.url], { timeout: 55_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const old = process.env['PORTICO_TEST_PYTHON_OLD'];
const oldWayOut = 'name an interpreter with anthropic 0.24.0 in PORTICO_TEST_PYTHON_OLD';

describe.skipIf(isMissing('Python with anthropic 0.24.0', old, oldWayOut))('Python, then', () => {
  it('[R2.T-python-old] anthropic 0.24.0 works', async () => {
    const answer = await report(old ?? '', 'old.py');
    expect(answer).toMatchObject({ ...COMMON, version: '0.24.0' });
    expect(answer['usage']).toEqual([expect.any(Number), expect.any(Number)]);
    expect(new Set(answer['usage'] as number[]).size).toBe(1);
  });
});

const latest = process.env['PORTICO_TEST_PYTHON_NEW'];
const latestWayOut = 'name an interpreter with anthropic in PORTICO_TEST_PYTHON_NEW';

describe.skipIf(isMissing('Python with the latest anthropic', latest, latestWayOut))(
  'Python, now',
  () => {
    it('[R2.T-python-new] the latest anthropic works', async () => {
      const answer = await report(latest ?? '', 'new.py');
      expect(answer).toMatchObject({
        ...COMMON,
        thinking: ['thinking', 'text'],
        models: expect.arrayContaining(['mini', 'my-alias']),
        model: 'mini',
        concurrently: [TO_TEN, TO_TEN, TO_TEN],
      });
      expect(answer['count']).toBe(answer['prompt_tokens']);
      expect(new Set(answer['usage'] as number[]).size).toBe(1);
    });
  },
);
