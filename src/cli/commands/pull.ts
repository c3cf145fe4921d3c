import { loadRegistry } from '../../registry/load.ts';
import { unknownModel } from '../../registry/resolve.ts';
import type { CliContext } from '../context.ts';
import type { RegistryFlags } from '../declarations/declaration.ts';
import { createProgress } from '../ui/progress.ts';
import { pullFiles } from '../pull/files.ts';
import { pullOllama } from '../pull/ollama.ts';
import { choosePull } from '../pull/target.ts';
import { editableFiles } from '../registry-files.ts';
import { warn } from '../ui/report.ts';

/** What a shell reports for a program that Ctrl-C ended: 128 and the signal's number. */
export const INTERRUPTED = 130;

/** `portico pull`: gets a model here, or has Ollama get it. Gives the exit code. */
export async function pull(
  what: string,
  flags: RegistryFlags & { readonly name?: string },
  context: CliContext,
): Promise<number> {
  const files = editableFiles(flags.models, context.environment);
  const registry = await loadRegistry(files);
  const target = choosePull(registry, what, files.modelsFolder, flags.name);
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = createProgress(context);
  const job = { context, progress, signal: controller.signal, json: flags.json === true };
  try {
    if (target.kind === 'gguf') await pullFiles(target, files, job);
    else await pullOllama(target, unknownModel(registry, what), job);
    return 0;
  } catch (error) {
    progress.end();
    if (!controller.signal.aborted) throw error;
    warn(`Cancelled. The same command goes on from there: portico pull ${what}`, context);
    return INTERRUPTED;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
