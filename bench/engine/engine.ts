import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Part, Section } from '../part.ts';
import type { Dimensions } from '../random-model/architectures.ts';
import { measureAbort } from './abort.ts';
import type { AbortPlan } from './abort.ts';
import { measureDecode } from './decode.ts';
import type { DecodePlan } from './decode.ts';
import { engineBars } from './figures.ts';
import { measureGap } from './gap.ts';
import type { GapPlan } from './gap.ts';
import { measureInterleaved } from './interleaved.ts';
import type { InterleavedPlan } from './interleaved.ts';
import { MEDIUM, writeWordModel } from './model.ts';
import { measureParallel } from './parallel.ts';
import type { ParallelPlan } from './parallel.ts';
import { withRig } from './rig.ts';
import { measureSession } from './session.ts';
import type { SessionPlan } from './session.ts';
import { measureWarm } from './warm.ts';
import type { WarmPlan } from './warm.ts';

/** Sizes and rounds of all measurements. */
interface EnginePlan {
  readonly size: Dimensions;
  readonly decode: DecodePlan;
  readonly warm: WarmPlan;
  readonly session: SessionPlan;
  readonly interleaved: InterleavedPlan;
  readonly gap: GapPlan;
  readonly abort: AbortPlan;
  readonly parallel: ParallelPlan;
}

const PLAN: EnginePlan = {
  size: MEDIUM,
  decode: { pairs: 9, words: { long: 1000, short: 40 }, tokens: 128 },
  warm: { prefix: 4096, question: 8, prefixes: 2, pairs: 5 },
  session: { turns: 30, system: 600, words: 100, tokens: 40 },
  interleaved: { conversations: 4, turns: 4, system: 800, words: 60, tokens: 32 },
  gap: { rounds: 3, words: 6144 },
  abort: { rounds: 7, words: 6144 },
  parallel: { streams: 8, rounds: 5, words: 32, tokens: 96 },
};

/** Two slots of 8k tokens, or eight shorter ones. */
const LONG = { contextSize: 8192, sequences: 2 } as const;
const SHORT_CONTEXT = 1024;

/** Speed of Portico with its engine, process and HTTP, compared with raw llama.cpp. */
export const engine: Part = { title: 'Engine: Portico beside raw llama.cpp', run: () => run(PLAN) };

/** Measures by a plan. */
async function run(plan: EnginePlan): Promise<Section> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-bench-'));
  try {
    const model = writeWordModel(path.join(folder, 'words.gguf'), plan.size);
    const alone = await withRig({ model, ...LONG }, async (rig) => ({
      ...(await measureDecode(rig, plan.decode)),
      ...(await measureWarm(rig, plan.warm)),
      ...(await measureSession(rig, plan.session)),
      ...(await measureInterleaved(rig, plan.interleaved)),
      ...(await measureGap(rig, plan.gap)),
      ...(await measureAbort(rig, plan.abort)),
    }));
    const sequences = plan.parallel.streams;
    const together = await withRig({ model, contextSize: SHORT_CONTEXT, sequences }, (rig) =>
      measureParallel(rig, plan.parallel),
    );
    const figures = { ...alone, ...together };
    return { results: { parameters: model.parameters, ...figures }, bars: engineBars(figures) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
