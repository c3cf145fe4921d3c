import { existsSync } from 'node:fs';
import type { LocalSpec } from './spec.ts';
import { isAddonInstalled } from './runners/llama-node/addon.ts';

/** Runners of GGUF files. */
export type RunnerKind = 'llama-cpp' | 'llama-node' | 'llama-server';

/** State of this machine that decides which runner a model has. */
export interface RunnerConditions {
  /** Returns true if the addon for vision is installed. Default: looks it up. */
  readonly isInstalled?: (() => boolean) | undefined;
  /** Returns true if a file exists. Default: looks on the disk. */
  readonly exists?: ((file: string) => boolean) | undefined;
}

/** Vision of a model, or the part of it that is missing. */
export type VisionSupport = 'available' | 'no-projector' | 'projector-missing' | 'addon-missing';

/** Finds the vision support of a model from a file. llama-server needs no addon. Only this function decides it. */
export function visionSupport(
  spec: LocalSpec,
  { isInstalled = isAddonInstalled, exists = existsSync }: RunnerConditions = {},
): VisionSupport {
  const { mmproj } = spec;
  if (mmproj === undefined) return 'no-projector';
  if (!exists(mmproj)) return 'projector-missing';
  return serverReason(spec) !== undefined || isInstalled() ? 'available' : 'addon-missing';
}

/**
 * Chooses the runner for a conversation. A model with vision has one runner for all conversations, unless its entry
 * sets a separate text engine. That has more slots and caches prefixes on disk, but both engines are in memory.
 */
export function chooseRunner(
  spec: LocalSpec,
  vision: VisionSupport,
  hasPictures: boolean,
): RunnerKind {
  if (serverReason(spec) !== undefined) return 'llama-server';
  const forText = spec.textEngine === 'separate' && !hasPictures;
  return vision === 'available' && !forText ? 'llama-node' : 'llama-cpp';
}

/** Options of an entry that only llama-server has, by their keys in models.yaml. */
const SERVER_OPTIONS = {
  speculative: 'speculative',
  draft: 'draft',
  cpuMoe: 'cpu_moe',
  fit: 'fit',
  rpc: 'rpc',
  lora: 'lora',
} as const satisfies Partial<Record<keyof LocalSpec, string>>;

/** Key of such an option. */
export type ServerKey = (typeof SERVER_OPTIONS)[keyof typeof SERVER_OPTIONS];

/** Reason why a model is run by llama-server, from its entry; undefined if it is not. */
export function serverReason(spec: LocalSpec): string | undefined {
  if (spec.engine === 'llama-server') return '`engine: llama-server`';
  const [, key] = Object.entries(SERVER_OPTIONS).find(([name]) => Object.hasOwn(spec, name)) ?? [];
  return key && `\`${key}:\`, which the built-in engine does not have`;
}

/** Hint to enable the vision of a model; undefined if no part is missing. */
export function visionHint(
  { mmproj }: Pick<LocalSpec, 'mmproj'>,
  vision: VisionSupport,
): string | undefined {
  switch (vision) {
    case 'available':
    case 'no-projector':
      return undefined;
    case 'projector-missing':
      return `Its projector ${mmproj} does not exist: add the file, or correct \`mmproj:\` in models.yaml.`;
    case 'addon-missing':
      return (
        'It needs an optional package that is not installed: install Portico again without ' +
        '`--omit=optional`, and restart it.'
      );
    default:
      return vision satisfies never;
  }
}
