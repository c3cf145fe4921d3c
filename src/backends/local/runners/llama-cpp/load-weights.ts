import type { LlamaContext, LlamaModel } from 'node-llama-cpp';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { FileSpec } from '../../model/model-metadata.ts';
import { nativeContextOptions, nativeGpuLayers } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { estimateMemory } from './memory.ts';
import type { NativeLlama } from '../../model/native-llama.ts';
import type { LoadNeeds } from '../../memory/eviction.ts';
import { NO_TILE, TILE } from '../../prefill-steps.ts';
import { Scheduler } from './scheduler.ts';

/** Weights of a model in memory, with a context of some sequences. */
export interface LoadedWeights {
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly scheduler: Scheduler;
  /** Estimated bytes per token of a sequence's state. */
  readonly bytesPerToken: number;
}

export interface WeightOptions {
  readonly contextSize: number;
  readonly settings: LoadSettings;
  /** Number of sequences of the context; undefined means as many as memory allows. */
  readonly parallel: number | undefined;
  /** Called before the load. Waits for memory, and resolves to the number of sequences. */
  readonly reserve: (needs: LoadNeeds) => Promise<number>;
  /** Receives the loaded share, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/**
 * Loads a model's weights and creates its context. Throws `model-load-failed`, and `unsupported` if they are damaged.
 *
 * @param head model whose file was read without its weights
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
      // Cache sliding windows completely, so that any prefix can be reused.
      swaFullCache: true,
      batching: { itemPrioritizationStrategy: scheduler.plan },
    });
    return { model, context, scheduler, bytesPerToken: memory.sequence / contextSize };
  } catch (error) {
    await model.dispose();
    throw new RuntimeFailure(
      'model-load-failed',
      `No context of ${contextSize} tokens for ${sequences} at a time could be created for ${spec.name}: ` +
        `${native.reasonOf(error)}. Set a smaller one (\`context:\` in models.yaml, or --context), or fewer ` +
        'at a time (`parallel:`, or --parallel).',
      { cause: error },
    );
  }
}
