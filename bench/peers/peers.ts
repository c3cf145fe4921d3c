import type { Bar } from '../bars.ts';
import type { Part, Section } from '../part.ts';
import { median, rounded } from '../statistics.ts';
import * as measures from './measures.ts';
import type { Measure } from './measures.ts';
import { llamaServerPeer, porticoPeer } from './peer.ts';
import type { Peer } from './peer.ts';
import { fileOf, isFile, MODEL_VARIABLE, SERVER_VARIABLE } from './variables.ts';

const ROUNDS = 3;

/** Line of the table: Portico's figure, divided by that of the peer. */
interface Line {
  readonly name: string;
  readonly measure: Measure;
  readonly bound: NonNullable<Bar['bound']>;
  /** Measure of the peer; absent if it is the same. `none`: the figure itself has the bound. */
  readonly against?: Measure | 'none';
  readonly unit?: string;
}

const most = (value: number) => ({ at: 'most', value }) as const;
const least = (value: number) => ({ at: 'least', value }) as const;

const LINES: readonly Line[] = [
  { name: 'server start to first token', measure: measures.startToFirstToken, bound: most(1.3) },
  {
    name: 'the same, only the model is cold',
    measure: measures.coldModelFirstToken,
    against: measures.startToFirstToken,
    bound: most(1.3),
  },
  { name: 'decode, CPU a token', measure: measures.decodeCpuMs, bound: most(1.05) },
  { name: '4 conversations over 2 slots', measure: measures.crowdedFirstToken, bound: most(1) },
  { name: 'their reuse', measure: measures.crowdedReuse, against: 'none', bound: least(0.99) },
  { name: 'a demanded call again', measure: measures.repeatedCallFirstEvent, bound: most(1.2) },
  { name: 'JSON schema ÷ plain', measure: measures.schemaShare, against: 'none', bound: least(1) },
  { name: 'memory, 1 slot', measure: measures.memory(1), bound: most(1.15) },
  { name: 'memory, 4 slots', measure: measures.memory(4), bound: most(1.15) },
  {
    name: 'CPU when idle',
    measure: measures.idleCpuMs,
    against: 'none',
    bound: most(0.3),
    unit: 'ms',
  },
  { name: 'cold prompt of an agent', measure: measures.coldPromptFirstToken, bound: most(1) },
  {
    name: 'gap beside a prefill of 7,000',
    measure: measures.gapBesidePrefill,
    against: 'none',
    bound: most(250),
    unit: 'ms',
  },
  { name: '4 streams at once', measure: measures.fourStreams, bound: least(1) },
];

/**
 * Compares Portico to llama-server on the same model, over the same requests to `/v1/messages`. The variable
 * PORTICO_BENCH_ONLY selects lines by a part of their name.
 */
export const peers: Part = {
  title: 'peers',
  canRun: () => [MODEL_VARIABLE, SERVER_VARIABLE].every(isFile),
  async run(): Promise<Section> {
    const file = fileOf(MODEL_VARIABLE, 'a GGUF file');
    const peer = llamaServerPeer(fileOf(SERVER_VARIABLE, 'llama-server'), file);
    const portico = porticoPeer(file);
    const only = process.env['PORTICO_BENCH_ONLY'] ?? '';
    const results: Record<string, unknown> = {};
    const bars: Bar[] = [];
    for (const line of LINES.filter(({ name }) => name.includes(only))) {
      const { ours, theirs } = await compare(line, portico, peer);
      const isOwn = line.against === 'none';
      const value = isOwn ? ours : ours / theirs;
      results[line.name] = { portico: rounded(ours), 'llama-server': rounded(theirs) };
      bars.push({ name: line.name, value, unit: line.unit ?? '', bound: line.bound });
      process.stderr.write(`${line.name}: ${ours.toFixed(2)} ÷ ${theirs.toFixed(2)}\n`);
    }
    return { results, bars };
  },
};

/** Medians of rounds in which the servers take turns. */
export async function compare(
  { measure, against }: Pick<Line, 'measure' | 'against'>,
  portico: Peer,
  peer: Peer,
) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measure(portico, round));
    theirs.push(await (typeof against === 'function' ? against : measure)(peer, round));
  }
  return { ours: median(ours), theirs: median(theirs) };
}
