import type { RegistryModel } from './registry.ts';

/** A short name of a model for pickers: its entry's title, else its name without `:latest`. */
export function titleOf({ title, spec }: RegistryModel): string {
  return title ?? spec.name.replace(/:latest$/, '');
}
