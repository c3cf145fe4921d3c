import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeParts } from '../../src/prompt/text.ts';
import { reciting } from '../http/reciting.ts';
import { isMissing } from '../support/optional.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const python = process.env['PORTICO_TEST_PYTHON_NEW'];
const wayOut = 'name an interpreter with anthropic in PORTICO_TEST_PYTHON_NEW';

const { script, asked, say } = reciting();
let server: ScriptedServer;
beforeAll(async () => {
  server = await serveScript({ script });
});
afterAll(() => server.close());

describe('citations through the Python SDK', () => {
  const missing = isMissing('Python with the latest anthropic', python, wayOut);

  it.skipIf(missing)('are within its types, whole, streamed and sent back', async () => {
    say('Well. The sky is blue.[^2]');
    const file = path.join(import.meta.dirname, 'python', 'citations.py');
    const { stdout } = await promisify(execFile)(python ?? '', [file, server.url], {
      timeout: 110_000,
    });
    const shown = [
      ['Well. ', []],
      ['The sky is blue.', ['The sky is blue.']],
    ];
    expect(JSON.parse(stdout)).toEqual({
      violations: [],
      created: shown,
      streamed: shown,
      citations: ['char_location'],
      again: shown,
    });
    const answer = asked.at(-1)?.conversation.turns[1]?.parts ?? [];
    expect(writeParts(answer)).toBe('Well. The sky is blue.[^2]');
  });
});
