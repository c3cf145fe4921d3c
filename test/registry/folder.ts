import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { entriesByKind } from '../../src/backends/index.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import type { Registry, RegistryFiles } from '../../src/registry/registry.ts';

/** A shipped registry that is small enough to be seen whole. */
const SHIPPED = `default: mini
models:
  mini:
    backend: llama
    file: ./mini.gguf
  known:
    backend: llama
    source: hf:someone/known-GGUF:Q4_K_M
    size: 18.6 GB
    memory: 23 GB
`;

/** A folder with a shipped registry, its `mini.gguf`, and a user's file where `user` is given. */
export async function registryFolder(user?: string, shipped = SHIPPED): Promise<RegistryFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-registry-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const files = {
    shipped: join(folder, 'shipped', 'models.yaml'),
    user: join(folder, 'home', 'models.yaml'),
    modelsFolder: join(folder, 'home', 'models'),
    entries: entriesByKind(),
  };
  await mkdir(dirname(files.shipped));
  await writeFile(files.shipped, shipped);
  await writeFile(join(dirname(files.shipped), 'mini.gguf'), 'GGUF');
  if (user !== undefined) {
    await mkdir(dirname(files.user));
    await writeFile(files.user, user);
  }
  return files;
}

/** The registry of such a folder. */
export async function registryOf(user?: string): Promise<Registry> {
  return loadRegistry(await registryFolder(user));
}
