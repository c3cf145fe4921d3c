import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Part, Section } from './part.ts';
import { rounded } from './statistics.ts';

/** Bound for writing and compiling the schemas of a large toolset. */
const MOST_MS = 20;

const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

/** Used part of vitest's report; times are in milliseconds. */
const reportSchema = z.looseObject({
  files: z.array(
    z.looseObject({
      groups: z.array(
        z.looseObject({
          benchmarks: z.array(z.looseObject({ name: z.string(), median: z.number() })),
        }),
      ),
    }),
  ),
});

/** Time to create grammars. Vitest runs this part, because it needs the source instead of the build. */
export const grammar: Part = { title: 'Grammar: the schemas of a large toolset', run };

async function run(): Promise<Section> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-bench-'));
  try {
    const file = path.join(folder, 'grammar.json');
    await promisify(execFile)(process.execPath, [
      VITEST,
      'bench',
      '--run',
      `--outputJson=${file}`,
      'bench/grammar',
    ]);
    const report = reportSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return toSection(report);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function toSection({ files }: z.infer<typeof reportSchema>): Section {
  const measured = files.flatMap(({ groups }) => groups.flatMap(({ benchmarks }) => benchmarks));
  return {
    results: Object.fromEntries(measured.map(({ name, median }) => [name, rounded(median)])),
    bars: measured.map(({ name, median }) => ({
      name,
      value: median,
      unit: 'ms',
      bound: { at: 'most', value: MOST_MS },
    })),
  };
}
