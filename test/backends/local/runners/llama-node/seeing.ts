import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MACHINE, MemoryLine } from '../../../../../src/backends/local/memory/budget.ts';
import {
  ADDON,
  isAddonInstalled,
} from '../../../../../src/backends/local/runners/llama-node/addon.ts';
import { createVisionBackend } from '../../../../../src/backends/local/runners/llama-node/backend.ts';
import type { VisionBackendOptions } from '../../../../../src/backends/local/runners/llama-node/backend.ts';
import type { Backend } from '../../../../../src/core/backend.ts';
import type { ModelSpec } from '../../../../../src/core/model.ts';
import { isMissing } from '../../../../support/optional.ts';
import { childrenOf } from '../../../../support/processes.ts';
import { MINI } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';

/** The embedded model behind eyes of random weights: it takes pictures, and sees nothing. */
export const SEEING: ModelSpec = {
  ...MINI,
  name: 'mini-sees',
  backend: 'vision',
  mmproj: new URL('../../../../fixtures/tower.gguf', import.meta.url).pathname,
};

/** Tokens of a picture: 64 × 64 pixels in patches of 16. */
export const PICTURE_TOKENS = 16;

/** Reports a missing addon, for `describe.skipIf`. */
export function isAddonMissing(): boolean {
  const file = isAddonInstalled() ? process.execPath : undefined;
  return isMissing(ADDON, file, `npm install --no-save ${ADDON}`);
}

/** A vision backend whose engines are built from dist/, with its states in a folder of its own. */
export function openVision(options: Partial<VisionBackendOptions> = {}): {
  readonly backend: Backend;
  readonly close: () => Promise<void>;
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-vision-'));
  const log = (): void => undefined;
  const backend = createVisionBackend({
    ...ENGINE,
    context: undefined,
    queueLimit: 8,
    states: { folder, limitBytes: 2 ** 24 },
    log,
    line: new MemoryLine({ log, limitBytes: undefined, memory: MACHINE }),
    blind: () => Promise.reject(new Error('the addon is installed')),
    childModule: new URL(
      '../../../../../dist/backends/local/runners/llama-node/child.js',
      import.meta.url,
    ),
    ...options,
  });
  return {
    backend,
    close: async () => {
      await backend.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The engines of this process that began after the call. */
export async function newEngines(): Promise<() => Promise<readonly number[]>> {
  const others = new Set(await childrenOf(process.pid));
  return async () => (await childrenOf(process.pid)).filter((child) => !others.has(child));
}
