import { RuntimeFailure } from '../../../core/failure.ts';
import { MEMORY_SIGNAL } from '../worker/watchdog.ts';

/** Signals that a process causes itself, such as by endless recursion. */
const OWN_SIGNALS: readonly string[] = ['SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP'];

/** Reason why a job ended its process; undefined if another cause ended it. */
export function ownEnd(code: unknown, end: NodeJS.Signals | null | undefined): string | undefined {
  if (end === MEMORY_SIGNAL) return 'needed too much memory';
  // V8 aborts if a single step exceeds its heap.
  if (end === 'SIGABRT') return 'ended its process (SIGABRT), probably for lack of memory';
  if (typeof end === 'string') {
    return OWN_SIGNALS.includes(end) ? `ended its process (${end})` : undefined;
  }
  return typeof code === 'number' && code !== 0 ? `ended its process (exit ${code})` : undefined;
}

/** Failure of a chat template that exceeded one of its limits. */
export function templateLimitExceeded(model: string, how: string): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `The chat template of ${model} exceeded its limits: one rendering ${how}. ` +
      'Set another template with `template:` in models.yaml.',
  );
}
