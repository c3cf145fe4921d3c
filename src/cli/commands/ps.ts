import type { RemoteLoadedModel } from '../../launch/client.ts';
import type { CliContext } from '../context.ts';
import { withServer } from '../declaration.ts';
import type { Declare, ServerFlags } from '../declaration.ts';
import { printJson } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

const HEADER = [
  'NAME',
  'SIZE',
  'DEVICE',
  'CONTEXT',
  'SLOTS BUSY',
  'IDLE',
  'LEAVES IN',
  'KEPT PROMPTS',
];

type PsFlags = ServerFlags & { readonly json?: boolean };

/** Declares `portico ps`, which lists the models that a running server has loaded. */
export const declarePs: Declare = (program, context, exit) => {
  withServer(
    program
      .command('ps')
      .description('list the models that a running server has loaded')
      .option('--json', 'as JSON'),
  ).action(async (flags: PsFlags) => {
    exit.code = await printLoaded(flags, context);
  });
};

async function printLoaded(flags: PsFlags, context: CliContext): Promise<number> {
  const { listLoaded } = await import('../../launch/client.ts');
  const { addressOf } = await import('../server-address.ts');
  const models = await listLoaded(addressOf(flags, context.environment));
  if (flags.json === true) printJson({ models }, context);
  else printTable([HEADER, ...(await rowsOf(models))], context);
  return 0;
}

async function rowsOf(
  models: readonly RemoteLoadedModel[],
): Promise<readonly (readonly string[])[]> {
  const { formatSize } = await import('../../units/size.ts');
  const { formatDuration } = await import('../ui/progress-text.ts');
  return models.map((model) => {
    const { name, engine, slots, waiting, unloadsInMs: left, kept } = model;
    const queue = waiting > 0 ? ` (${waiting} wait)` : '';
    const isOnly = models.filter((other) => other.name === name).length === 1;
    return [
      isOnly || engine === undefined ? name : `${name} (${engine})`,
      formatSize(model.sizeBytes),
      model.device,
      String(model.contextTokens),
      model.responds === false ? 'not responding' : `${slots.busy} of ${slots.total}${queue}`,
      slots.busy > 0 ? '-' : formatDuration(model.idleMs / 1000),
      left === null ? '-' : formatDuration(left / 1000),
      kept === undefined ? '-' : `${kept.count} (${formatSize(kept.bytes)})`,
    ];
  });
}
