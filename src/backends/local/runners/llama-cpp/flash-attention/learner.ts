import { freemem } from 'node:os';
import type { LlamaModel } from 'node-llama-cpp';
import { messageOf } from '../../../../../core/failure.ts';
import type { AttentionStore, EngineLog } from '../../../engine-settings.ts';
import type { LoadSettings } from '../load-settings.ts';
import { contextKind } from '../memory.ts';
import { decideAttention, decisionText } from './decision.ts';
import type { CpuContext } from './decision.ts';
import { measureAttention, measuredTokens } from './measuring.ts';
import { readAttention, writeAttention } from './record.ts';
import type { AttentionRecord } from './record.ts';
import { NO_REQUESTS, withRequest } from './request-mix.ts';
import type { RequestTokens } from './request-mix.ts';

export interface LearnerOptions {
  /** Undefined learns for this process only, and measures nothing. */
  readonly store: AttentionStore | undefined;
  /** Identity of the model's weights. */
  readonly identity: string;
  /** Name of the model, for the log. */
  readonly model: string;
  /** Versions of the addon and llama.cpp. */
  readonly addon: string;
  readonly log: EngineLog;
}

/** Largest share of the free memory for a measurement. */
const MEMORY_SHARE = 0.25;

/** Learns for the next load of a model: the tokens of its requests, and once its rates. */
export class AttentionLearner {
  readonly #options: LearnerOptions;
  #record: AttentionRecord;
  #isChanged = false;
  #isUseless = false;

  private constructor(options: LearnerOptions, record: AttentionRecord) {
    this.#options = options;
    this.#record = record;
  }

  static async open(options: LearnerOptions): Promise<AttentionLearner> {
    return new AttentionLearner(options, await readAttention(options.store, options.identity));
  }

  /**
   * Decides flash attention for a load, and notes the choice, which the next one does not change for a small gain.
   *
   * @param context undefined on a GPU
   */
  decide(wanted: LoadSettings, context: CpuContext | undefined): LoadSettings {
    const { model, addon, log, store } = this.#options;
    const decision = decideAttention({ ...wanted, context, record: this.#record, addon });
    this.#isUseless = !decision.isFree || store === undefined;
    if (decision.isFree) {
      this.#change({ use: decision.shown === 'off' ? 'off' : 'on' });
      log(`${model} has flash attention ${decisionText(decision)}`, 'info');
    }
    return { ...wanted, flashAttention: decision.use };
  }

  /** Notes a request. */
  served(tokens: RequestTokens): void {
    this.#change({ mix: withRequest(this.#record.mix ?? NO_REQUESTS, tokens) });
  }

  /** Measures the rates of a model on a CPU, unless they are known. Stops at an abort, and begins again next time. */
  async measure(
    model: LlamaModel,
    settings: LoadSettings,
    contextTokens: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { addon, log } = this.#options;
    if (this.#isUseless || this.#record.measuredWith === addon) return;
    if (!(await hasMemoryFor(model, settings, contextTokens))) return;
    try {
      const rates = await measureAttention(model, { settings, contextTokens, signal });
      if (signal.aborted) return;
      // A model that is too slow to be measured is not tried again in this process.
      this.#isUseless = true;
      if (rates === undefined) return;
      this.#change({ rates, measuredWith: addon });
      log(`${this.#options.model} was measured with flash attention and without it`, 'info');
      await this.save();
    } catch (error) {
      this.#isUseless = true;
      log(
        `${this.#options.model} can't be measured with and without flash attention: ${messageOf(error)}`,
      );
    }
  }

  /** Writes what is new. Without it, a later process learns it again. */
  async save(): Promise<void> {
    const { store, identity } = this.#options;
    if (!this.#isChanged || store === undefined) return;
    this.#isChanged = false;
    await writeAttention(store, identity, this.#record).catch(() => undefined);
  }

  #change(facts: AttentionRecord): void {
    this.#record = { ...this.#record, ...facts };
    this.#isChanged = true;
  }
}

/** Returns true if two contexts for a measurement take a small part of the free memory. */
async function hasMemoryFor(
  model: LlamaModel,
  settings: LoadSettings,
  contextTokens: number,
): Promise<boolean> {
  const { cpuRam } = await model.fileInsights.estimateContextResourceRequirementsV2({
    contextSize: measuredTokens(contextTokens),
    modelGpuLayers: 0,
    sequences: 1,
    ...contextKind(settings),
  });
  return 2 * cpuRam <= Math.min(process.availableMemory(), freemem()) * MEMORY_SHARE;
}
