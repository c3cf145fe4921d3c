import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ADDON,
  isAddonInstalled,
} from '../../../../../src/backends/local/runners/llama-node/addon.ts';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../../../../src/backends/local/backend.ts';
import type { Backend } from '../../../../../src/core/backend.ts';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { isMissing } from '../../../../support/optional.ts';
import { childrenOf } from '../../../../support/processes.ts';
import { MINI } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';

/** The embedded model with a projector of random weights: it accepts pictures, but recognizes nothing. */
export const SEEING: LocalSpec = {
  ...MINI,
  name: 'mini-sees',
  backend: 'llama',
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
export function openVision(options: Partial<LocalBackendOptions> = {}): {
  readonly backend: Backend;
  readonly close: () => Promise<void>;
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-vision-'));
  const backend = createLocalBackend({
    engine: 'isolated',
    ...ENGINE,
    context: undefined,
    queueLimit: 8,
    states: { folder, limitBytes: 2 ** 24 },
    log: () => undefined,
    childModule: new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url),
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
