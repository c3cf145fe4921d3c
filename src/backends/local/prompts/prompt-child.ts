import { plainFailure } from '../../../core/plain-failure.ts';
import type { PlainFailure } from '../../../core/plain-failure.ts';
import { createRenderer, loadBindings } from './jinja.ts';
import type { AnyPromptCommand, PromptJob, PromptReply, PromptResult } from './prompt-protocol.ts';
import { PromptWork } from './prompt-work.ts';
import { parentProcess, startWatchdog } from '../worker/watchdog.ts';

/** Resident memory at which a job is ended. The largest request body takes less than half of it. */
const MOST_BYTES = 2 ** 30;
/** Memory after which a new process is cheaper, because native memory is not released. */
const RENEWAL_BYTES = 2 ** 28;

// Ctrl-C in a terminal reaches the process group, but the engine decides when this process ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
const watchdog = startWatchdog({ parent: parentProcess(), memoryBytes: MOST_BYTES });

let bindings: unknown;
const work = new PromptWork((source, onFallback) => createRenderer(bindings, source, onFallback));

process.on('message', (command: AnyPromptCommand) => {
  watchdog.watch(command.cpuMs);
  const outcome = outcomeOf(command);
  watchdog.rest();
  const reply: PromptReply<PromptJob> = {
    ...outcome,
    isLarge: process.memoryUsage.rss() > RENEWAL_BYTES,
  };
  process.send?.(reply);
});

function outcomeOf(
  command: AnyPromptCommand,
): { readonly result: PromptResult<PromptJob> } | { readonly failure: PlainFailure } {
  try {
    if (command.addon !== undefined) bindings ??= loadBindings(command.addon);
    return { result: resultOf(command) };
  } catch (error) {
    return { failure: plainFailure(error) };
  }
}

function resultOf(command: AnyPromptCommand): PromptResult<PromptJob> {
  switch (command.job) {
    case 'read':
      return work.read(command.input);
    case 'configure':
      return work.configure(command.input);
    case 'write':
      return work.write(command.input);
    case 'grammar':
      return work.grammar(command.input);
    default:
      return command satisfies never;
  }
}
