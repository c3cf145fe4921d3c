import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import { messageOf, RuntimeFailure } from '../../core/errors.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { NativeLlama } from './native.ts';

/** A model's weights in memory, with its one slot. */
export interface LoadedModel {
  readonly model: LlamaModel;
  readonly sequence: LlamaContextSequence;
  readonly batchSize: number;
}

export interface LoadOptions {
  readonly contextSize: number;
  readonly threads: number;
  /** Told the share that is loaded, from 0 to 1. */
  onProgress(share: number): void;
}

/** Loads a model's weights and makes its context. Throws `model-load-failed`. */
export async function loadWeights(
  native: NativeLlama,
  spec: ModelSpec & { readonly file: string },
  options: LoadOptions,
): Promise<LoadedModel> {
  const { contextSize, threads } = options;
  const model = await native.loadModel({
    modelPath: spec.file,
    gpuLayers: { fitContext: { contextSize } },
    onLoadProgress: (share) => options.onProgress(share),
  });
  try {
    // The whole cache of a sliding window, so that any prefix of it can be reused.
    const context = await model.createContext({
      contextSize,
      sequences: 1,
      threads,
      swaFullCache: true,
    });
    return { model, sequence: context.getSequence(), batchSize: context.batchSize };
  } catch (error) {
    await model.dispose();
    throw new RuntimeFailure(
      'model-load-failed',
      `No context of ${contextSize} tokens could be made for ${spec.name}: ${messageOf(error)}. ` +
        'Set a smaller one (`context:` in models.yaml, or --context).',
      { cause: error },
    );
  }
}
