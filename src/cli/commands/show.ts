import { existsSync } from 'node:fs';
import { completesNothing, noChatTemplate, RuntimeFailure } from '../../core/failure.ts';
import type { CliContext } from '../context.ts';
import { OVERLAY_HELP } from '../declaration.ts';
import type { Declare, RegistryFlags } from '../declaration.ts';
import { warn, printJson } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

/** Declares `portico show`, which describes a model from its file, its server, or its entry in models.yaml. */
export const declareShow: Declare = (program, context, exit) => {
  program
    .command('show')
    .description('describe a model, without loading it')
    .argument('<model>', 'a model or an alias')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (model: string, flags: RegistryFlags) => {
      exit.code = await show(model, flags, context);
    });
};

async function show(name: string, flags: RegistryFlags, context: CliContext): Promise<number> {
  const { discoverModels } = await import('../discovered.ts');
  const {
    searchedName: askedName,
    isSettled,
    withDiscovered,
  } = await import('../../registry/discovered.ts');
  const { loadRegistry } = await import('../../registry/load.ts');
  const { lookUp } = await import('../../registry/lookup.ts');
  const { unknownModel } = await import('../../registry/resolve.ts');
  const { pullCommand } = await import('../../registry/status.ts');
  const { readableFiles } = await import('../registry-files.ts');
  const { modelCard } = await import('../show/card.ts');
  const own = await loadRegistry(readableFiles(flags.models, context));
  const registry = isSettled(own, name, existsSync)
    ? own
    : withDiscovered(own, await discoverModels(context, askedName(own, name)), existsSync);
  const lookup = lookUp(registry, name);
  if (!lookup.found) throw new RuntimeFailure('model-not-found', unknownModel(registry, name));
  const card = await modelCard(lookup.model, flags, context);
  if (flags.json === true) printJson(card, context);
  else printTable((await import('../show/rows.ts')).rowsOf(card), context);
  if (card.status === 'ready' && card.templateFamily === undefined) {
    warn(noChatTemplate(card.name).message, context);
  }
  if (card.capabilities?.chats === false) warn(completesNothing(card.name).message, context);
  if (card.status === 'not downloaded') {
    warn(`It is not downloaded yet; get it with: ${pullCommand(lookup.model)}`, context);
  }
  return 0;
}
