import { existsSync } from 'node:fs';
import { FileFactsCache } from '../backends/local/model/file-facts-cache.ts';
import { within } from '../net/timeouts.ts';
import { resolvePaths } from '../config/paths.ts';
import type { Registry } from '../registry/registry.ts';
import { statusOf } from '../registry/status.ts';
import type { CliContext } from './context.ts';

/** A list waits no longer for files that were not read before. */
const READ_TIMEOUT_MS = 5_000;

/** For models whose file is here: true if they have a chat template, so that they can chat. */
export async function chatTemplates(
  { models }: Registry,
  { environment }: CliContext,
): Promise<ReadonlyMap<string, boolean>> {
  const cache = new FileFactsCache({ folder: resolvePaths(environment).dataFolder });
  const found = new Map<string, boolean>();
  const reading = [...models].map(async ([name, model]) => {
    const { file, template } = model.spec;
    if (file === undefined || statusOf(model, existsSync) !== 'ready') return;
    const facts = await cache.read({ file, template });
    if (facts !== undefined) found.set(name, facts.thinking !== undefined);
  });
  await within(Promise.all(reading), READ_TIMEOUT_MS);
  await cache.close();
  return new Map(found);
}
