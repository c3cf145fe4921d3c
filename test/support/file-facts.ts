import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileFactsCache } from '../../src/backends/local/model/file-facts-cache.ts';
import { MINI_FILE, PACKAGE } from './engine-variant.ts';

const CHILD = 'dist/backends/local/model/file-facts-child.js';

let read: Promise<string> | undefined;

/**
 * Writes the facts of the embedded model into a home, as if a command had run in it before. Else each server
 * and most commands start a process for them.
 */
export async function writeFileFacts(home: string): Promise<void> {
  read ??= readFacts();
  const text = await read;
  const folder = path.join(home, 'data');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, FILE), text, { mode: 0o600 });
}

const FILE = 'model-files.json';

async function readFacts(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-facts-'));
  const childModule = pathToFileURL(path.join(PACKAGE, CHILD));
  const cache = new FileFactsCache({ folder, childModule });
  await cache.read({ file: MINI_FILE });
  await cache.close();
  const text = await readFile(path.join(folder, FILE), 'utf8');
  await rm(folder, { recursive: true });
  return text;
}
