import { withoutControls } from '../core/one-line.ts';
import type { RegistryModel } from './registry.ts';

/** Short name of a model for pickers, without control characters: its entry's title, else its name without `:latest`. */
export function titleOf({ title, spec }: RegistryModel): string {
  return withoutControls(title ?? spec.name.replace(/:latest$/, ''));
}
