import { setDefaultModel } from '../../registry/edit.ts';
import { loadRegistry } from '../../registry/load.ts';
import type { CliContext } from '../context.ts';
import type { RegistryFlags } from '../declarations/declaration.ts';
import { discoverModels } from '../discovered.ts';
import { editableFiles, readableFiles, warnOfProblems } from '../registry-files.ts';
import { say, writeJson } from '../ui/report.ts';

/** `portico default`: writes the default into the user's models.yaml, or prints the present one. */
export async function setDefault(
  name: string | undefined,
  flags: RegistryFlags,
  context: CliContext,
): Promise<number> {
  if (name === undefined) {
    const registry = await loadRegistry(readableFiles(flags.models, context.environment));
    const { defaultModel } = registry;
    if (flags.json === true) writeJson({ default: defaultModel }, context);
    else say(defaultModel, context);
    warnOfProblems(registry, context);
    return 0;
  }
  const files = editableFiles(flags.models, context.environment);
  const { model, pull } = await setDefaultModel(files, name, (asked) =>
    discoverModels(context, asked),
  );
  if (flags.json === true) {
    writeJson({ default: name, model: model.spec.name, pull: pull?.command }, context);
    return 0;
  }
  say(`'${name}' is the default now`, context);
  if (pull !== undefined) {
    say(
      `'${model.spec.name}' is not downloaded yet (${pull.demand}); get it with:
  ${pull.command}`,
      context,
    );
  }
  return 0;
}
