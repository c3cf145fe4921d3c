import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { generator } from '../../bench/random-model/weights.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of a copy of this package; undefined unless `PORTICO_TEST_PERTURB` is set. */
    readonly perturbedPackage: string | undefined;
  }
}

/** Names the seed of the noise, a number. */
const VARIABLE = 'PORTICO_TEST_PERTURB';

/** Block of 8-bit weights: a scale of two bytes, then the weights. */
const BLOCK = { bytes: 34, scaleBytes: 2 };

/**
 * Global setup of the tests: copies the package with an embedded model whose weights are slightly
 * perturbed, so that its logits differ as they differ between processors, only more.
 */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const text = process.env[VARIABLE];
  if (text === undefined || text === '') return undefined;
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error(`${VARIABLE} must be a whole number.`);
  const repository = path.resolve(import.meta.dirname, '../..');
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-perturbed-'));
  for (const name of ['bin', 'dist', 'models', 'models.yaml', 'package.json']) {
    await cp(path.join(repository, name), path.join(folder, name), { recursive: true });
  }
  await symlink(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
  await perturb(path.join(folder, 'models/mini.gguf'), seed);
  project.provide('perturbedPackage', folder);
  return () => rm(folder, { recursive: true });
}

/** Moves a quarter of a GGUF file's 8-bit weights by one step, up or down. */
async function perturb(file: string, seed: number): Promise<void> {
  const { GgmlType, readGgufFileInfo } = await import('node-llama-cpp');
  const { fullTensorInfo } = await readGgufFileInfo(file);
  const bytes = await readFile(file);
  const next = generator(seed);
  for (const { ggmlType, fileOffset, dimensions } of fullTensorInfo ?? []) {
    if (ggmlType !== GgmlType.Q8_0) continue;
    const weights = dimensions.reduce((product: number, one) => product * Number(one), 1);
    const blockWeights = BLOCK.bytes - BLOCK.scaleBytes;
    for (let block = 0; block < weights / blockWeights; block++) {
      const first = Number(fileOffset) + block * BLOCK.bytes + BLOCK.scaleBytes;
      for (let at = first; at < first + blockWeights; at++) {
        const step = STEPS[next() % STEPS.length] ?? 0;
        bytes.writeInt8(Math.max(-127, Math.min(127, bytes.readInt8(at) + step)), at);
      }
    }
  }
  await writeFile(file, bytes);
}

/** Chosen with equal probability. */
const STEPS = [-1, 1, 0, 0, 0, 0, 0, 0];
