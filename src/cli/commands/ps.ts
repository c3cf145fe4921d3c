import { z } from 'zod';
import { formatSize } from '../../units/size.ts';
import type { CliContext } from '../context.ts';
import { formatDuration } from '../ui/progress-text.ts';
import { writeJson } from '../ui/report.ts';
import { askServer } from '../running-server.ts';
import type { ServerFlags } from '../running-server.ts';
import { printTable } from '../ui/table.ts';

const answer = z.object({
  models: z.array(
    z.looseObject({
      name: z.string(),
      engine: z.string().optional(),
      responds: z.literal(false).optional(),
      device: z.string(),
      sizeBytes: z.number(),
      contextTokens: z.number(),
      slots: z.object({ busy: z.number(), total: z.number() }),
      waiting: z.number(),
      idleMilliseconds: z.number(),
      unloadsInMilliseconds: z.number().nullable(),
    }),
  ),
});

type Loaded = z.infer<typeof answer>['models'][number];

/** `portico ps`: what a running server holds in memory. */
export async function listLoaded(
  flags: ServerFlags & { readonly json?: boolean },
  context: CliContext,
): Promise<number> {
  const { models } = await askServer(
    flags,
    { method: 'GET', path: '/portico/models', answer },
    context,
  );
  if (flags.json === true) {
    writeJson({ models }, context);
    return 0;
  }
  const header = ['NAME', 'SIZE', 'DEVICE', 'CONTEXT', 'SLOTS BUSY', 'IDLE', 'LEAVES IN'];
  printTable([header, ...models.map((model) => rowOf(model, models))], context);
  return 0;
}

function rowOf(model: Loaded, all: readonly Loaded[]): readonly string[] {
  const { name, engine, slots, waiting, unloadsInMilliseconds: left } = model;
  const queue = waiting > 0 ? ` (${waiting} wait)` : '';
  const isOnly = all.filter((other) => other.name === name).length === 1;
  return [
    isOnly || engine === undefined ? name : `${name} (${engine})`,
    formatSize(model.sizeBytes),
    model.device,
    String(model.contextTokens),
    model.responds === false ? 'not responding' : `${slots.busy} of ${slots.total}${queue}`,
    slots.busy > 0 ? '-' : formatDuration(model.idleMilliseconds / 1000),
    left === null ? '-' : formatDuration(left / 1000),
  ];
}
