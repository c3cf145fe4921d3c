import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createScriptedBackend } from '../../support/scripted-backend.ts';
import { chat } from '../../../src/cli/run/chat.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { Runtime } from '../../../src/pipeline/runtime.ts';
import { covers } from '../../support/covers.ts';

const CTRL_C = '\u0003';

/** Conversation in a terminal of the test. Its model counts the turns in the prompt. */
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
    expectShown: (words: string) => expect.poll(seen, { timeout: 5000 }).toContain(words),
  };
}

describe('a conversation in the terminal', () => {
  covers('R2.2-run-interrupt');

  it('remembers its turns, and ends at /bye', async () => {
    const terminal = openTerminal();
    terminal.type('quick\n');
    await terminal.expectShown('turn 1');
    terminal.type('quick\n');
    await terminal.expectShown('turn 3');
    terminal.type('/bye\n');
    await expect(terminal.left).resolves.toBeUndefined();
  });

  it('stops the answer at Ctrl-C, and continues', async () => {
    const terminal = openTerminal();
    terminal.type('slow\n');
    await terminal.expectShown('turn 1');
    terminal.type(CTRL_C);
    await wait(200);
    terminal.type('quick\n');
    await terminal.expectShown('turn 3');
    expect(terminal.seen()).not.toContain('to the end');
    terminal.type('/bye\n');
    await expect(terminal.left).resolves.toBeUndefined();
  });

  it('ends after two Ctrl-C, in an answer and at the prompt', async () => {
    const busy = openTerminal();
    busy.type('slow\n');
    await busy.expectShown('turn 1');
    busy.type(CTRL_C);
    await wait(200);
    busy.type(CTRL_C);
    await expect(busy.left).resolves.toBeUndefined();
    const idle = openTerminal();
    idle.type(CTRL_C);
    await idle.expectShown('Ctrl-C again');
    idle.type(CTRL_C);
    await expect(idle.left).resolves.toBeUndefined();
  });
});
