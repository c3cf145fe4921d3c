import type { LlamaContext, LlamaModel } from 'node-llama-cpp';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { FileSpec } from '../../model/model-metadata.ts';
import { nativeContextOptions, nativeGpuLayers } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { estimateMemory } from './memory.ts';
import type { NativeLlama } from '../../model/native-llama.ts';
import type { LoadNeeds } from '../../memory/eviction.ts';
import { NO_TILE, TILE } from './prefill-steps.ts';
import { Scheduler } from './scheduler.ts';

/** A model's weights in memory, with a context of some sequences. */
export interface LoadedWeights {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly scheduler: Scheduler;
  /** Bytes of a sequence's state, as estimated. */
  readonly bytesPerToken: number;
}

export interface WeightOptions {
  readonly contextSize: number;
  readonly settings: LoadSettings;
  /** Sequences that the context is to have; undefined means as many as memory is for. */
  readonly parallel: number | undefined;
  /** Called before anything is loaded; resolves to the number of sequences once there is memory. */
  readonly reserve: (needs: LoadNeeds) => Promise<number>;
  /** Told the share that is loaded, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Loads a model's weights and makes its context. Throws `model-load-failed`, and `unsupported` if they are damaged.
 *
 * @param head the model's file, read without its weights
 */
export async function loadWeights(
  native: NativeLlama,
  head: LlamaModel,
  spec: FileSpec,
  options: WeightOptions,
): Promise<LoadedWeights> {
  const { contextSize, settings, parallel } = options;
  const memory = await estimateMemory(native.llama, head, contextSize, settings);
  const sequences = await options.reserve({ ...memory, parallel });
  const model = await native.loadModel({
    modelPath: spec.file,
    gpuLayers: nativeGpuLayers(settings.gpuLayers, contextSize * sequences),
    onLoadProgress: (share) => options.onProgress(share),
  });
  try {
    const scheduler = new Scheduler(settings.flashAttention === 'off' ? NO_TILE : TILE);
    const context = await model.createContext({
      contextSize,
      sequences,
      ...nativeContextOptions(settings),
      // The whole cache of a sliding window, so that any prefix of it can be reused.
      swaFullCache: true,
      batching: { itemPrioritizationStrategy: scheduler.plan },
    });
    return { model, context, scheduler, bytesPerToken: memory.sequence / contextSize };
  } catch (error) {
    await model.dispose();
    throw new RuntimeFailure(
      'model-load-failed',
      `No context of ${contextSize} tokens for ${sequences} at a time could be made for ${spec.name}: ` +
        `${native.reasonOf(error)}. Set a smaller one (\`context:\` in models.yaml, or --context), or fewer ` +
        'at a time (`parallel:`, or --parallel).',
      { cause: error },
    );
  }
}
