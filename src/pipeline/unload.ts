import type { LoadedModel } from '../core/backend.ts';
import { RuntimeFailure } from '../core/failure.ts';

/**
 * Throws where a model is not to be unloaded: `resource-not-found` for one that is not in memory,
 * `conflict` for one that answers, unless it is forced.
 */
export function refuseUnload(name: string, loaded: readonly LoadedModel[], force: boolean): void {
  // A model that keeps pictures apart is in memory twice.
  const engines = loaded.filter((one) => one.name === name);
  if (engines.length === 0) {
    const names = loaded.map((one) => one.name).join(', ') || 'none';
    throw new RuntimeFailure(
      'resource-not-found',
      `${name} is not loaded, so there is nothing to stop; loaded: ${names}`,
    );
  }
  // An engine that does not respond answers nobody.
  const responding = engines.filter(({ responds }) => responds !== false);
  const requests = responding.reduce((sum, { slots, waiting }) => sum + slots.busy + waiting, 0);
  if (requests > 0 && !force) {
    throw new RuntimeFailure(
      'conflict',
      `${name} has ${requests} request${requests === 1 ? '' : 's'} to answer; ` +
        `wait, or end them with: portico stop --force ${name}`,
    );
  }
}
