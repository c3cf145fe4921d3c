import type { RegistryModel } from './registry.ts';
import { formatSize } from '../units/size.ts';

/** Availability of a model; `upstream` models are on another server. */
export type ModelStatus = 'ready' | 'not downloaded' | 'file missing' | 'upstream';

/** Returns a model's status by the existence of its file. */
export function statusOf(model: RegistryModel, exists: (file: string) => boolean): ModelStatus {
  const { file } = model.spec;
  if (file === undefined) {
    return 'upstream';
  }
  if (exists(file)) {
    return 'ready';
  }
  return model.source === undefined ? 'file missing' : 'not downloaded';
}

/** Returns true if no file is missing on this machine. */
export function isUsable(status: ModelStatus): boolean {
  return status === 'ready' || status === 'upstream';
}

/** Command that downloads a model. */
export function pullCommand(model: RegistryModel): string {
  return `portico pull ${model.spec.name}`;
}

/** Reason why a model whose file is missing can't be used, and how to get the file. */
export function missingFile(model: RegistryModel): string {
  const way =
    model.source === undefined
      ? `put it there, or correct the entry at ${model.location}`
      : `get it with: ${pullCommand(model)}`;
  return `its file ${model.spec.file} is not there; ${way}`;
}

/** Cost of a download, such as `18.6 GB, needs about 23 GB of memory`. */
export function describeDemand({ sizeBytes, memoryBytes }: RegistryModel): string {
  const size = sizeBytes === undefined ? [] : [formatSize(sizeBytes)];
  const memory =
    memoryBytes === undefined ? [] : [`needs about ${formatSize(memoryBytes)} of memory`];
  return [...size, ...memory].join(', ') || 'size unknown';
}
