import { RuntimeFailure } from '../../../core/failure.ts';

/** Failure of an engine that was ended because it does not respond. */
export function hang(model: string, how: string): RuntimeFailure {
  return new RuntimeFailure(
    'engine-crashed',
    `The engine of ${model} ${how}, so it was ended. The next request starts it again.`,
  );
}

/**
 * Failure of an engine that ended by itself.
 *
 * @param how signal or exit code
 * @param printed end of its output
 */
export function crash(model: string, how: string, printed: string): RuntimeFailure {
  const reason = REASONS[how] ?? lastWords(printed);
  return new RuntimeFailure(
    'engine-crashed',
    `The engine of ${model} ended unexpectedly (${how})${reason === '' ? '' : `: ${reason}`}. ` +
      'The next request starts it again.',
  );
}

/** Usual reasons of signals that a process can't foresee, so that its output does not name them. */
const REASONS: Readonly<Record<string, string>> = {
  SIGKILL: 'the system may have been out of memory; a smaller context or model needs less',
};

/** Lines of Node, llama.cpp and C++ that name the reason of an abort. A stack trace may follow. */
const NAMES_REASON = /error: |GGML_ASSERT|what\(\): /i;

/** The line that names the reason of a crash, or the last one. */
function lastWords(printed: string): string {
  const lines = printed.trim().split('\n');
  return (lines.findLast((line) => NAMES_REASON.test(line)) ?? lines.at(-1) ?? '').trim();
}
