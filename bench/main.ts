import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { attention } from './peers/attention.ts';
import { barTable } from './bars.ts';
import { engine } from './engine/engine.ts';
import { engines } from './peers/engines.ts';
import { facade } from './facade/facade.ts';
import { gpu } from './gpu/gpu.ts';
import { grammar } from './grammar.ts';
import type { Part } from './part.ts';
import { peers } from './peers/peers.ts';
import { stall } from './stall/stall.ts';

const PARTS: Readonly<Record<string, Part>> = {
  facade,
  grammar,
  engine,
  stall,
  peers,
  engines,
  attention,
  gpu,
};

const RESULTS = new URL('../bench/results.json', import.meta.url);

/** Runs the named parts, or all, and writes their sections of the results. Other sections stay. */
async function bench(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) {
    const known = Object.keys(PARTS).join(', ');
    throw new Error(`The bench has no part ${unknown.join(', ')}; it has ${known}.`);
  }
  for (const [name, part] of Object.entries(PARTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    if (part.canRun?.() === false && names.length === 0) continue;
    const { results, bars } = await part.run();
    process.stdout.write(`${barTable(part.title, bars)}\n`);
    await keep(name, results);
  }
}

async function keep(name: string, results: object): Promise<void> {
  const section = { at: new Date().toISOString(), ...machine(), ...results };
  const all = { ...(await earlier()), [name]: section };
  await writeFile(RESULTS, `${JSON.stringify(all, undefined, 2)}\n`);
}

function machine(): object {
  const [cpu] = cpus();
  return {
    node: process.version,
    platform: process.platform,
    cpu: cpu?.model,
    cpus: cpus().length,
  };
}

async function earlier(): Promise<object> {
  try {
    const value: unknown = JSON.parse(await readFile(RESULTS, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

await bench(process.argv.slice(2));
