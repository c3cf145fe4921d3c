import { messageOf } from '../../core/failure.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import type { CliContext } from '../context.ts';
import { printableLine, printable, printableAnswer } from './printable.ts';

/** Writes the message of an error to stderr, on one line. */
export function reportError(error: unknown, context: CliContext): void {
  context.stderr.write(`Error: ${printableLine(withoutSecrets(messageOf(error)))}\n`);
}

/** Writes one message to stdout, without control characters. */
export function say(text: string, context: CliContext): void {
  context.stdout.write(`${printable(text)}\n`);
}

/** Writes to stdout that a model is not downloaded yet, and the command that pulls it. */
export function sayHowToPull(
  name: string,
  { demand, command }: { readonly demand: string; readonly command: string },
  context: CliContext,
): void {
  say(`'${name}' is not downloaded yet (${demand}); get it with:\n  ${command}`, context);
}

/** Writes one line to stderr, without control characters. */
export function warn(text: string, context: Pick<CliContext, 'stderr'>): void {
  context.stderr.write(`${printableLine(text)}\n`);
}

/** Writes a piece of a model's answer to stdout: on a terminal without control characters, elsewhere unchanged. */
export function writeAnswer(piece: string, { stdout }: Pick<CliContext, 'stdout'>): void {
  stdout.write(stdout.isTTY === true ? printableAnswer(piece) : piece);
}

/** Writes a script for a shell to stdout. A terminal evaluates nothing, so it gets no control characters. */
export function writeScript(script: string, { stdout }: Pick<CliContext, 'stdout'>): void {
  stdout.write(stdout.isTTY === true ? printable(script) : script);
}

/** Writes data for programs to stdout; a terminal shows control characters as the escapes of JSON. */
export function printJson(data: unknown, context: CliContext): void {
  say(JSON.stringify(data, undefined, 2), context);
}
