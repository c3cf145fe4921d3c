import type { Bar } from '../bars.ts';
import type { Part, Section } from '../part.ts';
import { rounded } from '../statistics.ts';
import * as measures from './measures.ts';
import type { Measure } from './measures.ts';
import { porticoPeer } from './peer.ts';
import { compare } from './peers.ts';
import { fileOf, isFile, MODEL_VARIABLE, SERVER_VARIABLE } from './variables.ts';

const LINES: Readonly<Record<string, Measure>> = {
  'server start to first token': measures.startToFirstToken,
  'decode, CPU a token': measures.decodeCpuMs,
  '4 conversations over 2 slots': measures.crowdedFirstToken,
  'their reuse': measures.crowdedReuse,
  'a demanded call again': measures.repeatedCallFirstEvent,
  'JSON schema ÷ plain': measures.schemaShare,
  'memory, 1 slot': measures.memory(1),
  'cold prompt of an agent': measures.coldPromptFirstToken,
  'gap beside a prefill of 7,000': measures.gapBesidePrefill,
  '4 streams at once': measures.fourStreams,
};

/**
 * Compares the two engines of Portico: a managed llama-server to the built-in one, on the same model and requests. The
 * variable PORTICO_BENCH_ONLY selects lines by a part of their name.
 */
export const engines: Part = {
  title: 'engines',
  canRun: () => [MODEL_VARIABLE, SERVER_VARIABLE].every(isFile),
  async run(): Promise<Section> {
    const file = fileOf(MODEL_VARIABLE, 'a GGUF file');
    const program = fileOf(SERVER_VARIABLE, 'llama-server');
    const flags = ['--llama-server', program];
    const managed = porticoPeer(file, { engine: 'llama-server' }, flags);
    const builtIn = porticoPeer(file, { engine: 'built-in' });
    const only = process.env['PORTICO_BENCH_ONLY'] ?? '';
    const results: Record<string, unknown> = {};
    const bars: Bar[] = [];
    for (const [name, measure] of Object.entries(LINES)) {
      if (!name.includes(only)) continue;
      const { ours, theirs } = await compare({ measure }, managed, builtIn);
      results[name] = { 'llama-server': rounded(ours), 'built-in': rounded(theirs) };
      bars.push({ name, value: ours / theirs, unit: '' });
      process.stderr.write(`${name}: ${ours.toFixed(2)} ÷ ${theirs.toFixed(2)}\n`);
    }
    return { results, bars };
  },
};
