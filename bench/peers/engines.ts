import { fileURLToPath } from 'node:url';
import type { Bar } from '../bars.ts';
import type { Part, Section } from '../part.ts';
import { rounded } from '../statistics.ts';
import * as measures from './measures.ts';
import type { Measure } from './measures.ts';
import * as own from './engine-measures.ts';
import { porticoPeer } from './peer.ts';
import { compare } from './peers.ts';
import { fileOf, isFile, MODEL_VARIABLE, SERVER_VARIABLE } from './variables.ts';

/** Line of the table: the figure of llama-server, divided by that of the built-in engine. */
interface Line {
  readonly measure: Measure;
  /** Further keys of the entry for llama-server. */
  readonly managed?: Readonly<Record<string, unknown>>;
  /** True to measure the embedded model with its projector, because the bench's model has none. */
  readonly seeing?: true;
}

const LINES: Readonly<Record<string, Line>> = {
  'server start to first token': { measure: measures.startToFirstToken },
  'decode, CPU a token': { measure: measures.decodeCpuMs },
  '4 conversations over 2 slots': { measure: measures.crowdedFirstToken },
  'their reuse': { measure: measures.crowdedReuse },
  'reuse, session of 30 turns': { measure: own.sessionReuse },
  'a demanded call again': { measure: measures.repeatedCallFirstEvent },
  'JSON schema ÷ plain': { measure: measures.schemaShare },
  'memory, 1 slot': { measure: measures.memory(1) },
  'cold prompt of an agent': { measure: measures.coldPromptFirstToken },
  'gap beside a prefill of 7,000': { measure: measures.gapBesidePrefill },
  'abort until the slot is free': { measure: own.abortMs },
  '4 streams at once': { measure: measures.fourStreams },
  'copying, CPU a token': { measure: own.copyCpuMs },
  'copying with ngram-mod, CPU a token': {
    measure: own.copyCpuMs,
    managed: { speculative: 'ngram-mod' },
  },
  'two conversations with pictures': { measure: own.pictureTurnsMs, seeing: true },
};

const SEEING = ['mini.gguf', 'mini-mmproj.gguf'].map((name) =>
  fileURLToPath(new URL(`../../models/${name}`, import.meta.url)),
);

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
    const only = process.env['PORTICO_BENCH_ONLY'] ?? '';
    const results: Record<string, unknown> = {};
    const bars: Bar[] = [];
    const [text = '', mmproj] = SEEING;
    for (const [name, { measure, managed: more, seeing }] of Object.entries(LINES)) {
      if (!name.includes(only)) continue;
      const vision = seeing && { mmproj };
      const target = seeing ? text : file;
      const managed = porticoPeer(target, { engine: 'llama-server', ...vision, ...more }, flags);
      const builtIn = porticoPeer(target, { engine: 'built-in', ...vision });
      const { ours, theirs } = await compare({ measure }, managed, builtIn);
      results[name] = { 'llama-server': rounded(ours), 'built-in': rounded(theirs) };
      bars.push({ name, value: ours / theirs, unit: '' });
      process.stderr.write(`${name}: ${ours.toFixed(2)} ÷ ${theirs.toFixed(2)}\n`);
    }
    return { results, bars };
  },
};
