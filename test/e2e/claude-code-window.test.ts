import { describe, expect, it } from 'vitest';
import type { Script } from '../support/scripted-backend.ts';
import { contextLimitExceeded } from '../../src/core/failure.ts';
import { CLAUDES, claudeFolders, isClaudeMissing, startClaude } from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { asksForSummary, FILE_TASK, fileTask, isContinued } from '../support/claude-task.ts';
import { answering, resultsIn, textIn } from '../support/scripted-answers.ts';
import { covers } from '../support/covers.ts';

const CONTEXT = 32_768;
const TASK = [...FILE_TASK, '--output-format', 'json'];

/** Says something once, up to the end of the context, and then plays another script. */
function runningOut(then: Script): Script {
  let isFirst = true;
  return async function* (request, signal) {
    const events = isFirst ? answering('I begin to') : then(request, signal);
    const isCut = isFirst;
    isFirst = false;
    for await (const event of events) {
      yield isCut && event.type === 'finish' ? { ...event, reason: 'context-exceeded' } : event;
    }
  };
}

/** Plays a model that calls a tool four times, and reports prompts of growing size. */
function growing(promptTokens: number): Script {
  return async function* (request) {
    const results = resultsIn(request).length;
    const isNew = asksForSummary(request) || isContinued(request);
    const look = { call: 'Bash', input: { command: 'cat none.txt', description: 'Looks' } };
    const answer = asksForSummary(request)
      ? answering('<summary>I looked.</summary>')
      : answering(...(results < 4 ? ['I look.', look] : ['DONE']));
    for (const event of answer) {
      const reported = isNew ? promptTokens : promptTokens + results * 1000;
      yield event.type === 'finish'
        ? { ...event, usage: { ...event.usage, promptTokens: reported } }
        : event;
    }
  };
}

describe.each(CLAUDES)('Claude Code $name and its context:', (claude) => {
  covers('R5.8-window', 'R5.8-context-end');

  it.skipIf(isClaudeMissing(claude)).each([
    ['uses three quarters of 32k uncompacted', 19_000, 0],
    ['compacts once they are used', 23_000, 1],
  ])('%s', async (_case, promptTokens, summaries) => {
    const folders = await claudeFolders();
    const { url, requests } = await servePlay({ script: growing(promptTokens) });
    const run = startClaude(folders, { claude, url, args: TASK, contextTokens: CONTEXT });
    const { code, stdout } = await run.ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(requests.filter(asksForSummary)).toHaveLength(summaries);
  });

  it.skipIf(isClaudeMissing(claude))('asks for what fits, and goes on after its end', async () => {
    const folders = await claudeFolders();
    const { url, requests } = await servePlay({
      script: runningOut(fileTask(folders)),
      refuses: ({ maxTokens }) =>
        maxTokens + 50_000 > 65_536 ? contextLimitExceeded(50_000, maxTokens, 65_536) : undefined,
    });
    const { code, stdout } = await startClaude(folders, { claude, url, args: TASK }).ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(requests.slice(0, 2).map(({ maxTokens }) => maxTokens)).toEqual([16_384, 14_536]);
    const resuming = requests.slice(2).find(({ maxTokens }) => maxTokens === 14_536);
    expect(resuming === undefined ? '' : textIn(resuming)).toContain('Resume directly');
  });
});
