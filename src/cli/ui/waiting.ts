import type { CliContext } from '../context.ts';
import { oneLine } from './printable.ts';
import { formatDuration } from './progress-text.ts';

const REDRAW_MILLISECONDS = 1000;

/** Elsewhere than on a terminal: one line in this time. */
const LINE_MILLISECONDS = 30_000;

/** Back to the first column, and the line away. */
const CLEAR = '\r\u001B[K';

/**
 * Says on stderr that something is going on, and for how long, until it is done.
 *
 * @param detail what more there is to say of it just now
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
    const text = oneLine(`${label} … ${elapsed}${more === undefined ? '' : ` (${more})`}`);
    stderr.write(isTerminal ? CLEAR + text.slice(0, (stderr.columns ?? 80) - 1) : `${text}\n`);
  };
  stderr.write(`${oneLine(label)} …${isTerminal ? '' : '\n'}`);
  const timer = setInterval(show, isTerminal ? REDRAW_MILLISECONDS : LINE_MILLISECONDS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isTerminal) stderr.write(CLEAR);
  }
}
