import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScriptedBackend } from '../../src/backends/scripted.ts';
import { chat } from '../../src/cli/chat.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import { REPOSITORY } from '../support/server.ts';

let home = '';
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs `portico run` with the given input, and gives what it printed. */
async function run(args: readonly string[], input: string) {
  const child = spawn(
    process.execPath,
    [path.join(REPOSITORY, 'bin/portico.js'), 'run', '--threads', '1', ...args],
    { env: { ...process.env, PORTICO_HOME: home } },
  );
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { stdout, stderr, code: child.exitCode };
}

describe('portico run', () => {
  it.each([
    ['[R2.2-run] answers a prompt', ['mini', 'Count from 1 to 5'], '', '1, 2, 3, 4, 5\n'],
    ['[R2.2-run-stdin] reads standard input', ['mini'], 'Count from 1 to 4\n', '1, 2, 3, 4\n'],
    ['[R2.2-run] takes the default model', [], 'Count from 1 to 3', '1, 2, 3\n'],
  ])('%s', async (_title, args, input, expected) => {
    expect(await run(args, input)).toEqual({ stdout: expected, stderr: '', code: 0 });
  });

  it('[R2.2-run] says in one line what is wrong', async () => {
    const unknown = await run(['nobody', 'Hello'], '');
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/^Error: .*nobody.*mini.*\n$/);
    const empty = await run(['mini'], '');
    expect(empty).toMatchObject({ code: 1, stdout: '' });
    expect(empty.stderr).toMatch(/^Error: There is no prompt.*\n$/);
  });
});

const CTRL_C = '\u0003';

/** A conversation in a terminal of the test's own, with a model that counts the turns it sees. */
function openTerminal() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const shown: string[] = [];
  stdout.on('data', (piece: Buffer) => shown.push(piece.toString()));
  const spec = { name: 'actor', backend: 'scripted' as const };
  const backend = createScriptedBackend({
    async *script({ conversation }, signal): AsyncGenerator<GenerationEvent> {
      yield { type: 'text-delta', text: `turn ${conversation.turns.length} ` };
      for (let step = 0; step < 200; step++) {
        await wait(10);
        signal.throwIfAborted();
        if (
          conversation.turns.at(-1)?.parts.some((part) => 'text' in part && part.text === 'quick')
        )
          return;
      }
      yield { type: 'text-delta', text: 'to the end' };
    },
  });
  const runtime = new Runtime({
    registry: () => ({
      defaultModel: 'actor',
      models: new Map([['actor', { spec, shipped: false, location: 'models.yaml:1:1' }]]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { scripted: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
  const left = chat(runtime, 'actor', { stdin, stdout, stderr: stdout, environment: {} });
  const seen = () => shown.join('');
  return {
    left,
    seen,
    type: (keys: string) => stdin.write(keys),
    shows: (words: string) => expect.poll(seen, { timeout: 5000 }).toContain(words),
  };
}

describe('[R2.2-run-interrupt] a conversation in the terminal', () => {
  it('remembers its turns, and is left by /bye', async () => {
    const terminal = openTerminal();
    terminal.type('quick\n');
    await terminal.shows('turn 1');
    terminal.type('quick\n');
    await terminal.shows('turn 3');
    terminal.type('/bye\n');
    await terminal.left;
  });

  it('stops the answer at Ctrl-C, and goes on', async () => {
    const terminal = openTerminal();
    terminal.type('slow\n');
    await terminal.shows('turn 1');
    terminal.type(CTRL_C);
    await wait(200);
    terminal.type('quick\n');
    await terminal.shows('turn 3');
    expect(terminal.seen()).not.toContain('to the end');
    terminal.type('/bye\n');
    await terminal.left;
  });

  it('is left by Ctrl-C twice, in an answer and at the prompt', async () => {
    const busy = openTerminal();
    busy.type('slow\n');
    await busy.shows('turn 1');
    busy.type(CTRL_C);
    await wait(200);
    busy.type(CTRL_C);
    await busy.left;
    const idle = openTerminal();
    idle.type(CTRL_C);
    await idle.shows('Ctrl-C again');
    idle.type(CTRL_C);
    await idle.left;
  });
});
