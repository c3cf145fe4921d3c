import { describe, expect, it } from 'vitest';
import type { Script } from '../../src/backends/scripted.ts';
import { CLAUDES, claudeFolders, isClaudeMissing, startClaude } from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { asksForSummary, FILE_TASK, isContinued } from '../support/claude-task.ts';
import { answering, resultsIn } from '../support/scripted-answers.ts';

const CONTEXT = 32_768;

/** Plays a model that calls a tool four times, and tells prompts of growing size. */
function growing(promptTokens: number): Script {
  return async function* (request) {
    const results = resultsIn(request).length;
    const isNew = asksForSummary(request) || isContinued(request);
    const look = { call: 'Bash', input: { command: 'cat none.txt', description: 'Looks' } };
    const answer = asksForSummary(request)
      ? answering('<summary>I looked.</summary>')
      : answering(...(results < 4 ? ['I look.', look] : ['DONE']));
    for (const event of answer) {
      const told = isNew ? promptTokens : promptTokens + results * 1000;
      yield event.type === 'finish'
        ? { ...event, usage: { ...event.usage, promptTokens: told } }
        : event;
    }
  };
}

describe.each(CLAUDES)('Claude Code $name with a context of 32k', (claude) => {
  it.skipIf(isClaudeMissing(claude)).each([
    ['uses three quarters of it uncompacted', 19_000, 0],
    ['compacts once they are used', 23_000, 1],
  ])('[R5.8-window] %s', async (_case, promptTokens, summaries) => {
    const folders = await claudeFolders();
    const { url, requests } = await servePlay({ script: growing(promptTokens) });
    const args = [...FILE_TASK, '--output-format', 'json'];
    const run = startClaude(folders, { claude, url, args, contextTokens: CONTEXT });
    const { code, stdout } = await run.ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(requests.filter(asksForSummary)).toHaveLength(summaries);
  });
});
