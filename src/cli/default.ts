import { setDefaultModel } from '../registry/edit.ts';
import { loadRegistry } from '../registry/load.ts';
import type { CliContext } from './context.ts';
import type { RegistryFlags } from './declarations/declaration.ts';
import { discoverModels } from './discovered.ts';
import { registryFiles, warnOfProblems } from './registry-files.ts';
import { writeJson } from './report.ts';

/** `portico default`: writes the default into the user's models.yaml, or prints the present one. */
export async function setDefault(
  name: string | undefined,
  flags: RegistryFlags,
  context: CliContext,
): Promise<number> {
  const files = registryFiles(flags.models, context.environment);
  if (name === undefined) {
    const registry = await loadRegistry(files);
    const { defaultModel } = registry;
    if (flags.json === true) writeJson({ default: defaultModel }, context);
    else context.stdout.write(`${defaultModel}\n`);
    warnOfProblems(registry, context);
    return 0;
  }
  const { model, pull } = await setDefaultModel(files, name, (asked) =>
    discoverModels(context, asked),
  );
  if (flags.json === true) {
    writeJson({ default: name, model: model.spec.name, pull: pull?.command }, context);
    return 0;
  }
  context.stdout.write(`'${name}' is the default now\n`);
  if (pull !== undefined) {
    context.stdout.write(
      `'${model.spec.name}' is not downloaded yet (${pull.demand}); get it with:\n  ${pull.command}\n`,
    );
  }
  return 0;
}
