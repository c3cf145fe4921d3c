import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';
import type { Turn } from '../../core/conversation.ts';
import type { Runtime } from '../../pipeline/runtime.ts';
import { answer } from './answer.ts';
import type { CliContext } from '../context.ts';
import { reportError, writeAnswer } from '../ui/report.ts';

const HINT = '(Ctrl-C again, Ctrl-D or /bye leaves)\n';

/** Runs a conversation in the terminal until the user leaves it. */
export async function chat(runtime: Runtime, model: string, context: CliContext): Promise<void> {
  const { stdin, stdout } = context;
  const lines = createInterface({ input: stdin, output: stdout, prompt: '>>> ' });
  const interrupt = watchInterrupts(lines, context);
  let turns: readonly Turn[] = [];
  let left = false;
  lines.prompt();
  for await (const line of lines) {
    const prompt = line.trim();
    left = prompt === '/bye';
    if (left) break;
    if (prompt !== '') turns = await exchange(prompt);
    lines.prompt();
  }
  // A user who left by a key is still on the line of the prompt.
  if (!left) stdout.write('\n');
  lines.close();

  async function exchange(prompt: string): Promise<readonly Turn[]> {
    const asked = [...turns, turnOf('user', prompt)];
    const signal = interrupt.begin();
    try {
      const said = await answer(
        runtime,
        model,
        asked,
        (piece) => writeAnswer(piece, context),
        signal,
      );
      return said === '' ? turns : [...asked, turnOf('assistant', said)];
    } catch (error) {
      reportError(error, context);
      return turns;
    } finally {
      interrupt.end();
    }
  }
}

/** Makes a turn of one text. */
export function turnOf(role: 'user' | 'assistant', text: string): Turn {
  return { role, parts: [{ kind: 'text', text }] };
}

/** Handles Ctrl-C: the first one stops a running answer; a second one, or two at the prompt, leave the conversation. */
function watchInterrupts(lines: Interface, { stdout }: CliContext) {
  let running: AbortController | undefined;
  let warned = false;
  lines.on('line', () => {
    warned = false;
  });
  lines.on('SIGINT', () => {
    if (running !== undefined && !running.signal.aborted) {
      running.abort();
      return;
    }
    if (warned || running !== undefined) {
      lines.close();
      return;
    }
    warned = true;
    stdout.write(`\n${HINT}`);
    lines.prompt();
  });
  return {
    begin(): AbortSignal {
      running = new AbortController();
      return running.signal;
    },
    end(): void {
      warned = running?.signal.aborted ?? false;
      running = undefined;
    },
  };
}
