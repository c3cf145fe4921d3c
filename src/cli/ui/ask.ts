import { confirm, isCancel, select } from '@clack/prompts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { CliContext } from '../context.ts';
import { oneLine } from './printable.ts';
import { largest } from '../../core/lists.ts';

/** Asks the person at the terminal. Whoever presses Ctrl-C or Esc gets a `cancelled` failure. */
export interface Asker {
  confirm(question: string): Promise<boolean>;
  choose(
    question: string,
    choices: readonly { readonly value: string; readonly hint: string }[],
    first: string | undefined,
  ): Promise<string>;
}

/** Somebody to ask; undefined where there is no terminal. Questions go to stderr: stdout is the agent's. */
export function createAsker({ stdin, stderr }: CliContext): Asker | undefined {
  if (stdin.isTTY !== true || stderr.isTTY !== true) return undefined;
  const streams = { input: stdin, output: stderr };
  return {
    async confirm(question) {
      const answer = await confirm({ message: oneLine(question), ...streams });
      if (isCancel(answer)) throw cancelled();
      return answer;
    },
    async choose(message, choices, first) {
      const width = largest(choices.map(({ value }) => value.length));
      const options = choices.map(({ value, hint }) => ({
        value,
        label: oneLine(`${value.padEnd(width)}  ${hint}`),
      }));
      const initial = first === undefined ? {} : { initialValue: first };
      const answer = await select({ message, options, ...initial, ...streams });
      if (isCancel(answer)) throw cancelled();
      return answer;
    },
  };
}

function cancelled(): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'Cancelled: nothing was started.');
}
