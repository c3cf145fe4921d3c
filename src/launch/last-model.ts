import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWholeFile } from '../core/write-file.ts';

const shape = z.object({ model: z.string().min(1) });

/** Name of the model that was chosen last; undefined if there is none or it can't be read. */
export async function readLastModel(dataFolder: string): Promise<string | undefined> {
  try {
    return shape.parse(JSON.parse(await readFile(fileIn(dataFolder), 'utf8'))).model;
  } catch {
    return undefined;
  }
}

/** Remembers a choice for the next time. */
export async function saveLastModel(dataFolder: string, model: string): Promise<void> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await writeWholeFile(fileIn(dataFolder), `${JSON.stringify({ model })}\n`);
}

function fileIn(dataFolder: string): string {
  return join(dataFolder, 'launch.json');
}
