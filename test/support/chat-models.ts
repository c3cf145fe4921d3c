import type { ModelSpec } from '../../src/core/model.ts';
import { isModelMissing, SMOLLM2 } from './real-models.ts';
import { MINI } from './requests.ts';

/** A chat model that the engine is tested on. */
export interface ChatModel {
  readonly name: string;
  readonly model: ModelSpec;
  /** True if its file is not on this machine. */
  readonly missing: boolean;
}

/** SmolLM2, whose template knows neither tools nor thinking, in a short context. */
export const SMOL: ModelSpec = {
  name: 'smollm2',
  backend: 'llama',
  ...(SMOLLM2.file !== undefined && { file: SMOLLM2.file }),
  context: 2048,
};

/** Returns a real model and the embedded one, without sampling of their own. */
export function chatModels(): readonly ChatModel[] {
  return [
    { name: 'SmolLM2', model: SMOL, missing: isModelMissing(SMOLLM2) },
    { name: 'mini', model: { ...MINI, sampling: {} }, missing: false },
  ];
}
