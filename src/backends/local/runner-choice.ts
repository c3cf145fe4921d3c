import { existsSync } from 'node:fs';
import type { LocalSpec } from './spec.ts';
import { isAddonInstalled } from './runners/llama-node/addon.ts';

/** Runners of GGUF files. */
export type RunnerKind = 'llama-cpp' | 'llama-node';

/** State of this machine that decides which runner a model has. */
export interface RunnerConditions {
  /** True if the addon that takes pictures is installed. Default: looks it up. */
  readonly isInstalled?: (() => boolean) | undefined;
  /** True if a file is there. Default: looks on the disk. */
  readonly exists?: ((file: string) => boolean) | undefined;
}

/** Vision of a model, or the part of it that is missing. */
export type VisionSupport = 'available' | 'no-projector' | 'projector-missing' | 'addon-missing';

/** Finds out if a model from a file takes pictures here. The one place that decides so. */
export function visionSupport(
  { mmproj }: Pick<LocalSpec, 'mmproj'>,
  { isInstalled = isAddonInstalled, exists = existsSync }: RunnerConditions = {},
): VisionSupport {
  if (mmproj === undefined) return 'no-projector';
  if (!exists(mmproj)) return 'projector-missing';
  return isInstalled() ? 'available' : 'addon-missing';
}

/**
 * Chooses the runner for a conversation. A model with vision has one runner for all of them, unless its entry
 * asks for a separate text engine: that has more slots and keeps prefixes on disk, at the price of both in
 * memory.
 */
export function chooseRunner(
  { picturesApart }: Pick<LocalSpec, 'picturesApart'>,
  vision: VisionSupport,
  hasPictures: boolean,
): RunnerKind {
  const forText = picturesApart === true && !hasPictures;
  return vision === 'available' && !forText ? 'llama-node' : 'llama-cpp';
}

/** Way to complete the vision of a model; undefined if no part of it is missing. */
export function visionHint(
  { mmproj }: Pick<LocalSpec, 'mmproj'>,
  vision: VisionSupport,
): string | undefined {
  switch (vision) {
    case 'available':
    case 'no-projector':
      return undefined;
    case 'projector-missing':
      return `Its projector ${mmproj} is not there: put it there, or correct \`mmproj:\` in models.yaml.`;
    case 'addon-missing':
      return (
        'It could with an optional package that is not installed here: install Portico again without ' +
        '`--omit=optional`, and start it again.'
      );
    default:
      return vision satisfies never;
  }
}
