import type { LoadedModel } from '../core/backend.ts';
import { RuntimeFailure } from '../core/failure.ts';

/**
 * Throws if a model can't be unloaded: `resource-not-found` if it is not in memory, `conflict` if it answers
 * requests and `force` is not set.
 */
export function refuseUnload(name: string, loaded: readonly LoadedModel[], force: boolean): void {
  // A model with a separate text engine is in memory twice.
  const engines = loaded.filter((one) => one.name === name);
  if (engines.length === 0) {
    const names = loaded.map((one) => one.name).join(', ') || 'none';
    throw new RuntimeFailure(
      'resource-not-found',
      `${name} is not loaded, so there is nothing to stop; loaded models: ${names}`,
    );
  }
  // An engine that does not respond has no requests that could finish.
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
