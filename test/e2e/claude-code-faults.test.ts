import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Script } from '../support/scripted-backend.ts';
import { promptTooLong, RuntimeFailure } from '../../src/core/failure.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import {
  CLAUDES,
  claudeFolders,
  CONVERSATION,
  isClaudeMissing,
  startClaude,
  userLine,
} from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import {
  asksForSummary,
  FILE_TASK,
  FILE_TEXT,
  fileOf,
  fileTask,
  isContinued,
} from '../support/claude-task.ts';
import { answering, resultsIn, textIn } from '../support/scripted-answers.ts';
import { covers } from '../support/covers.ts';

const TASK = [...FILE_TASK, '--output-format', 'json'];

/** Plays the first answer until it breaks off, and then another script. */
function breakingOff(begun: readonly GenerationEvent[], then: Script): Script {
  let isFirst = true;
  return async function* (request, signal) {
    if (isFirst) {
      isFirst = false;
      yield* begun;
      // Time for the client to read what came before: else it never saw the answer begin.
      await new Promise((resolve) => setTimeout(resolve, 200));
      throw new RuntimeFailure('backend-failed', 'The model went away.');
    }
    yield* then(request, signal);
  };
}

const BEGUN = { type: 'text-delta', text: 'I wri' } as const;
const CALL = { type: 'tool-call-start', id: 'toolu_begun', name: 'Bash' } as const;
const ARGUMENTS = { type: 'tool-call-delta', id: CALL.id, json: '{"command": "echo' } as const;

describe.each(CLAUDES)('Claude Code $name', (claude) => {
  covers('R5.8-broken-stream', 'R5.8-overloaded', 'R5.8-overflow', 'R5.8-cancel');

  const isMissing = isClaudeMissing(claude);

  it.skipIf(isMissing)(
    'waits as long as a 529 says and asks again, and again where an answer breaks off',
    async () => {
      const folders = await claudeFolders();
      const busy = new RuntimeFailure('overloaded', 'All slots are busy.', {
        retryAfterSeconds: 2,
      });
      const { url, requests } = await servePlay({
        script: breakingOff([BEGUN], fileTask(folders)),
        refuses: (_request, index) => (index === 0 ? busy : undefined),
      });
      const { code, stdout } = await startClaude(folders, { claude, url, args: TASK }).ended;
      expect(stdout).toContain('"result":"DONE"');
      expect(code).toBe(0);
      expect(requests).toHaveLength(5);
      const [refused, brokenOff, asked] = requests;
      expect((brokenOff?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThan(1900);
      expect(asked?.conversation).toEqual(brokenOff?.conversation);
      expect(await readFile(fileOf(folders), 'utf8')).toBe(FILE_TEXT);
    },
  );

  it.skipIf(isMissing)('says why, or goes on, after a whole block', async () => {
    const folders = await claudeFolders();
    const script = breakingOff([BEGUN, CALL, ARGUMENTS], fileTask(folders));
    const { url } = await servePlay({ script });
    const { code, stdout } = await startClaude(folders, { claude, url, args: TASK }).ended;
    // 2.1.197 reports it; later ones ask the model to continue the cut answer.
    const text = claude.name === '2.1.197' ? 'API Error: The model went away.' : 'DONE';
    expect(stdout).toContain(`"result":"${text}"`);
    expect(code).toBe(claude.name === '2.1.197' ? 1 : 0);
  });

  it.skipIf(isMissing)('compacts where a prompt is refused as too long', async () => {
    const folders = await claudeFolders();
    const play = fileTask(folders);
    const { url, requests } = await servePlay({
      async *script(request, signal) {
        if (asksForSummary(request)) yield* answering('<summary>The file is there.</summary>');
        else if (isContinued(request)) yield* answering('DONE');
        else yield* play(request, signal);
      },
      refuses: (request) =>
        resultsIn(request).length === 2 && !asksForSummary(request) && !isContinued(request)
          ? promptTooLong(70_000, 65_536)
          : undefined,
    });
    const { code, stdout } = await startClaude(folders, { claude, url, args: TASK }).ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    const last = requests.at(-1);
    expect(requests.filter(asksForSummary)).toHaveLength(1);
    expect(last === undefined ? '' : textIn(last)).toContain('The file is there.');
  });

  it.skipIf(isMissing)('frees the model at once when it is interrupted', async () => {
    const folders = await claudeFolders();
    const { script, speaking, freed } = endless();
    const { url, logged } = await servePlay({ script });
    const run = startClaude(folders, { claude, url, args: TASK });
    await speaking;
    run.process.kill('SIGINT');
    await freed;
    await run.ended;
    await expect.poll(() => logged.join('\n')).toContain('"aborted":true');
  });

  it.skipIf(isMissing)('goes on in the session after a cancelled turn', async () => {
    const folders = await claudeFolders();
    const { script, speaking, freed } = endless();
    const { url, requests } = await servePlay({
      async *script(request, signal) {
        if (textIn(request).includes('second')) yield* answering('I am here.');
        else yield* script(request, signal);
      },
    });
    const input = userLine('the first task');
    const run = startClaude(folders, { claude, url, args: CONVERSATION, input });
    await speaking;
    run.process.stdin?.write(
      `${JSON.stringify({ type: 'control_request', request_id: 'stop', request: { subtype: 'interrupt' } })}\n`,
    );
    await freed;
    run.process.stdin?.end(userLine('the second task'));
    expect((await run.ended).stdout).toContain('"result":"I am here."');
    expect(requests).toHaveLength(2);
  });
});

/** A model that speaks until it is cancelled. */
function endless() {
  const events = new EventTarget();
  const script: Script = async function* (_request, signal) {
    for (let word = 0; !signal.aborted; word += 1) {
      yield { type: 'text-delta', text: `word ${word} ` };
      if (word === 9) events.dispatchEvent(new Event('speaking'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    events.dispatchEvent(new Event('freed'));
    signal.throwIfAborted();
  };
  return { script, speaking: once(events, 'speaking'), freed: once(events, 'freed') };
}
