import type { RegistryModel } from './registry.ts';
import { formatSize } from '../units/size.ts';

/** Whether a model can be used: `upstream` says that another server has to have it. */
export type ModelStatus = 'ready' | 'not downloaded' | 'file missing' | 'upstream';

/** Tells a model's status by whether its file is there. */
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

/** Whether nothing that this machine should have is missing. */
export function isUsable(status: ModelStatus): boolean {
  return status === 'ready' || status === 'upstream';
}

/** The line that gets a model here. */
export function pullCommand(model: RegistryModel): string {
  return `portico pull ${model.spec.name}`;
}

/** What getting a model costs, such as `18.6 GB, needs about 23 GB of memory`. */
export function describeDemand({ sizeBytes, memoryBytes }: RegistryModel): string {
  const size = sizeBytes === undefined ? [] : [formatSize(sizeBytes)];
  const memory =
    memoryBytes === undefined ? [] : [`needs about ${formatSize(memoryBytes)} of memory`];
  return [...size, ...memory].join(', ') || 'size unknown';
}
