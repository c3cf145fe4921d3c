import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Script } from '../support/scripted-backend.ts';
import type { GenerationRequest } from '../../src/core/backend.ts';
import { CLAUDES, claudeFolders, isClaudeMissing, startClaude } from '../support/claude-code.ts';
import { FILE_TASK, FILE_TEXT, fileOf, fileTask } from '../support/claude-task.ts';
import { serveScript } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

/** In milliseconds, before each answer and inside each call. */
const SILENCE = 700;
const LIMITS = { pingMs: 50, keepAliveMs: 100 };

/** The same answers after long silences, without the text that would fill what silence opens. */
function hesitating(script: Script): Script {
  return async function* (request, signal) {
    await wait(SILENCE);
    for await (const event of script(request, signal)) {
      if (event.type !== 'text-delta' || event.text === 'DONE') yield event;
      if (event.type === 'tool-call-start') await wait(SILENCE);
    }
  };
}

describe.each(CLAUDES)('Claude Code $name with a model that is silent for long', (claude) => {
  covers('R5.4-life-valid', 'R5.4-life');

  it.skipIf(isClaudeMissing(claude)).each([
    ['thinking', {}],
    ['not thinking', { MAX_THINKING_TOKENS: '0', CLAUDE_CODE_DISABLE_THINKING: '1' }],
  ])('does the file task, %s', async (_how, environment) => {
    const folders = await claudeFolders();
    const asked: GenerationRequest[] = [];
    const silent = hesitating(fileTask(folders));
    const script: Script = (request, signal) => {
      asked.push(request);
      return silent(request, signal);
    };
    const server = await serveScript({ script }, { silence: LIMITS });
    onTestFinished(() => server.close());
    const args = [...FILE_TASK, '--output-format', 'json'];
    const { url } = server;
    const { code, stdout } = await startClaude(folders, { claude, url, args, environment }).ended;
    expect(JSON.parse(stdout)).toMatchObject({ is_error: false, num_turns: 3, result: 'DONE' });
    expect(code).toBe(0);
    expect(await readFile(fileOf(folders), 'utf8')).toBe(FILE_TEXT);
    const turns = asked.at(-1)?.conversation.turns.filter(({ role }) => role !== 'system');
    const parts = turns?.map((turn) => turn.parts.map(({ kind }) => kind));
    expect(parts?.slice(1)).toEqual([
      ['tool-call'],
      ['tool-result'],
      ['tool-call'],
      ['tool-result'],
    ]);
    expect(asked).toHaveLength(3);
  });
});
