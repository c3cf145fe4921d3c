import { messageOf } from '../core/errors.ts';
import { withoutSecrets } from '../core/secrets.ts';
import type { CliContext } from './context.ts';
import { printable } from './printable.ts';

/** Says on stderr, in one line, what went wrong. */
export function reportError(error: unknown, context: CliContext): void {
  context.stderr.write(`Error: ${oneLine(withoutSecrets(messageOf(error)))}\n`);
}

/** Writes one message to stdout, without control characters. */
export function say(text: string, context: CliContext): void {
  context.stdout.write(`${printable(text)}\n`);
}

/** Text as one line, without control characters. */
export function oneLine(text: string): string {
  return printable(text.trim().replaceAll(/\s*\n\s*/g, ' '));
}

/** Writes data for programs to stdout. */
export function writeJson(data: unknown, context: CliContext): void {
  context.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
}
