import { confirm, isCancel, select } from '@clack/prompts';
import type { CliContext } from '../context.ts';
import { declined } from './declined.ts';
import { printableLine } from './printable.ts';
import { largest } from '../../core/lists.ts';

/** Asks the user at the terminal. Throws `cancelled` if the user presses Ctrl-C or Esc. */
export interface Asker {
  confirm(question: string): Promise<boolean>;
  choose(
    question: string,
    choices: readonly { readonly value: string; readonly hint: string }[],
    first: string | undefined,
  ): Promise<string>;
}

/** Creates an asker; undefined if there is no terminal. Questions go to stderr, because stdout is for the agent. */
export function createAsker({ stdin, stderr }: CliContext): Asker | undefined {
  if (stdin.isTTY !== true || stderr.isTTY !== true) return undefined;
  const streams = { input: stdin, output: stderr };
  return {
    async confirm(question) {
      const answer = await confirm({ message: printableLine(question), ...streams });
      if (isCancel(answer)) throw declined('started');
      return answer;
    },
    async choose(message, choices, first) {
      const width = largest(choices.map(({ value }) => value.length));
      const options = choices.map(({ value, hint }) => ({
        value,
        label: printableLine(`${value.padEnd(width)}  ${hint}`),
      }));
      const initial = first === undefined ? {} : { initialValue: first };
      const answer = await select({ message, options, ...initial, ...streams });
      if (isCancel(answer)) throw declined('started');
      return answer;
    },
  };
}
