import type { CliContext } from '../context.ts';
import { printableLine } from './printable.ts';
import { formatDuration } from './progress-text.ts';

const REDRAW_MS = 1000;

/** Time between two lines in a log. */
const LINE_MS = 30_000;

/** Moves the cursor to the first column and clears the line. */
const CLEAR = '\r\u001B[K';

/**
 * Shows on stderr that work is in progress, and its duration, until it is done.
 *
 * @param detail present state of the work, shown in brackets
 */
export async function whileWaiting<Value>(
  label: string,
  work: Promise<Value>,
  detail: () => string | undefined,
  { stderr }: { readonly stderr: CliContext['stderr'] & { readonly columns?: number } },
): Promise<Value> {
  const isTerminal = stderr.isTTY === true;
  const begun = performance.now();
  const show = (): void => {
    const elapsed = formatDuration((performance.now() - begun) / 1000);
    const more = detail();
    const text = printableLine(`${label} … ${elapsed}${more === undefined ? '' : ` (${more})`}`);
    stderr.write(isTerminal ? CLEAR + text.slice(0, (stderr.columns ?? 80) - 1) : `${text}\n`);
  };
  stderr.write(`${printableLine(label)} …${isTerminal ? '' : '\n'}`);
  const timer = setInterval(show, isTerminal ? REDRAW_MS : LINE_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isTerminal) stderr.write(CLEAR);
  }
}
