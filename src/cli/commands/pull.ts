import type { CliContext } from '../context.ts';
import { INTERRUPTED, OVERLAY_HELP } from '../declaration.ts';
import type { Declare, RegistryFlags } from '../declaration.ts';
import { warn } from '../ui/report.ts';

const MODEL_HELP =
  'a name of models.yaml, hf:user/model:quantization, the URL of a GGUF file, or a name of Ollama';

type PullFlags = RegistryFlags & { readonly name?: string };

/** Declares `portico pull`, which downloads a model, or makes Ollama download it. */
export const declarePull: Declare = (program, context, exit) => {
  program
    .command('pull')
    .description('download a model, and add it to your models.yaml')
    .argument('<model>', MODEL_HELP)
    .option('--name <name>', 'name of the model, instead of the one at its source')
    .option('--json', 'print the result as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (model: string, flags: PullFlags) => {
      exit.code = await pull(model, flags, context);
    });
};

/** Pulls a model until it is complete or Ctrl-C is pressed. Returns the exit code. */
export async function pull(what: string, flags: PullFlags, context: CliContext): Promise<number> {
  const { loadRegistry } = await import('../../registry/load.ts');
  const { unknownModel } = await import('../../registry/resolve.ts');
  const { pullFiles } = await import('../pull/files.ts');
  const { pullOllama } = await import('../pull/ollama.ts');
  const { choosePull } = await import('../pull/target.ts');
  const { editableFiles } = await import('../registry-files.ts');
  const { createProgress } = await import('../ui/progress.ts');
  const files = editableFiles(flags.models, context);
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
    warn(`Cancelled. The same command resumes the download: portico pull ${what}`, context);
    return INTERRUPTED;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
