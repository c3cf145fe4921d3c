import { copyModel } from '../registry/edit.ts';
import type { CliContext } from './context.ts';
import { discoverModels } from './discovered.ts';
import { registryFiles } from './registry-files.ts';

/** `portico cp`: makes an alias, and says how to get the model where it is not here yet. */
export async function copy(
  source: string,
  destination: string,
  flags: { readonly models?: string },
  context: CliContext,
): Promise<number> {
  const files = registryFiles(flags.models, context.environment);
  const { model, pull } = await copyModel(files, source, destination, (asked) =>
    discoverModels(context, asked),
  );
  context.stdout.write(`copied '${source}' to '${destination}'\n`);
  if (pull !== undefined) {
    context.stdout.write(
      `'${model.spec.name}' is not downloaded yet (${pull.demand}); get it with:\n` +
        `  ${pull.command}\n`,
    );
  }
  return 0;
}
