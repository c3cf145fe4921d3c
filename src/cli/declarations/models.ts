import { OVERLAY_HELP } from './declaration.ts';
import type { Declare, RegistryFlags } from './declaration.ts';

/** Commands on single models: `pull` and `show`. */
export const declareModels: Declare = (program, context, exit) => {
  program
    .command('pull')
    .description('download a model, and make it known by a name')
    .argument(
      '<model>',
      'a name of models.yaml, hf:user/model:quantization, the URL of a GGUF file, or a name of Ollama',
    )
    .option('--name <name>', 'what to call it, instead of what it is called there')
    .option('--json', 'print the outcome as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (model: string, flags: RegistryFlags & { readonly name?: string }) => {
      const { pull } = await import('../commands/pull.ts');
      exit.code = await pull(model, flags, context);
    });
  program
    .command('show')
    .description('describe a model, without loading it')
    .argument('<model>', 'a model or an alias')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (model: string, flags: RegistryFlags) => {
      const { show } = await import('../commands/show.ts');
      exit.code = await show(model, flags, context);
    });
};
