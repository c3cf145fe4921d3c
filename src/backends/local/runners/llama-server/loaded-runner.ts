import { setTimeout as delay } from 'node:timers/promises';
import type { Llama } from 'node-llama-cpp';
import { raceAbort } from '../../../../core/abort.ts';
import type { EngineLog } from '../../engine-settings.ts';
import type { ModelMetadata } from '../../model/model-metadata.ts';
import { cacheSize } from '../../prefix-cache/saved-state.ts';
import { SlotPool } from '../../prefix-cache/slot-pool.ts';
import type { StateFiles } from '../../prefix-cache/state-files.ts';
import type { LoadedRunner } from '../../runner.ts';
import { StreamCompletion } from './completion.ts';
import type { LlamaServerClient } from './server-client.ts';
import { ServerSlot } from './slot.ts';
import { PictureSizes } from './picture-sizes.ts';
import type { ServerPrompt } from './picture-prompt.ts';
import { StepSizes } from './step-sizes.ts';

export interface LoadedServerOptions {
  readonly llama: Llama;
  readonly head: Pick<ModelMetadata, 'model' | 'turnEnds'>;
  readonly client: LlamaServerClient;
  readonly device: string;
  readonly sizeBytes: number;
  readonly threads: number;
  readonly slots: number;
  /** Folder of slot files. */
  readonly folder: string;
  readonly states: StateFiles | undefined;
  readonly bytesPerToken: number;
  readonly needsCheckpoints: boolean;
  /** Marker for pictures of the running llama-server. */
  readonly marker: string;
  readonly log: EngineLog;
}

/** Opens the slots of a llama-server whose model is in memory. */
export function openServerSlots(options: LoadedServerOptions): LoadedRunner<ServerPrompt, string> {
  const { llama, head, client, device, sizeBytes, threads, states, bytesPerToken, log } = options;
  const steps = new StepSizes();
  const slots = Array.from(
    { length: options.slots },
    (_, id) => new ServerSlot({ ...options, id, steps }),
  );
  const pool = new SlotPool({ slots, scheduler: steps, states, bytesPerToken, log });
  const { model, turnEnds } = head;
  const { marker } = options;
  const sizes = new PictureSizes({
    client,
    marker,
    lend: (work, signal) => lend(slots, work, signal),
  });
  return {
    device,
    sizeBytes,
    threads,
    slots: slots.length,
    get isStuck() {
      return client.isStuck;
    },
    get kept() {
      return states && cacheSize(states.saved);
    },
    count: (prompt, signal) => sizes.count(prompt, signal),
    async compile(gbnf) {
      // llama-server would refuse each request with it.
      await llama.createGrammar({ grammar: gbnf });
      return gbnf;
    },
    take({ prompt, session, isHeld, sampling, maxTokens }, signal) {
      const taken = pool.take(prompt, session, isHeld);
      const { slot } = taken;
      const common = { model, turnEnds, slot, prompt, sampling, maxTokens, signal };
      return {
        reuse: () => taken.reuse(signal),
        prefill: () => slot.prefill(prompt, signal),
        complete: () => new StreamCompletion(common),
        release: (error) => taken.release(error !== undefined && !signal.aborted),
      };
    },
    restore: () => pool.restoreAll(),
    keep: () => pool.keepAll(),
  };
}

/** Time after which slots are looked at again. */
const POLL_MS = 20;

/** Lends the idle slot with the shortest state, as soon as there is one. */
async function lend<T>(
  slots: readonly ServerSlot[],
  work: (slot: number) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const [slot] = slots
      .filter(({ idle }) => idle)
      .toSorted((one, other) => one.length - other.length);
    if (slot !== undefined) return slot.lend(work);
    await raceAbort(delay(POLL_MS), signal);
  }
}
