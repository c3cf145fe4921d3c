import { messageOf } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** Says on stderr, in one line, what went wrong. */
export function reportError(error: unknown, context: CliContext): void {
  context.stderr.write(`Error: ${oneLine(messageOf(error))}\n`);
}

/** Text without its line breaks. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** Writes data for programs to stdout. */
export function writeJson(data: unknown, context: CliContext): void {
  context.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
}
