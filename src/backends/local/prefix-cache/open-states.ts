import type { LlamaModel, Token } from 'node-llama-cpp';
import type { EngineLog, EngineSettings } from '../engine-settings.ts';
import type { FileSpec, ModelMetadata } from '../model/model-metadata.ts';
import { weightsIdentity } from '../states/identity.ts';
import type { Transcripts } from '../transcripts.ts';
import { StateFiles } from './state-files.ts';

/**
 * Opens the state files; undefined if they are disabled.
 *
 * @param takesPartial true if the runner's slots keep a state that can't be cut; otherwise such models have no files
 */
export async function openStates(
  spec: FileSpec,
  { states }: Pick<EngineSettings, 'states'>,
  { model }: Pick<ModelMetadata, 'model'>,
  transcripts: Transcripts<readonly Token[]>,
  log: EngineLog,
  takesPartial = false,
): Promise<StateFiles | undefined> {
  const isPartial = !hasWholeStates(model);
  if (states === undefined || (isPartial && !takesPartial)) return undefined;
  const identity = await weightsIdentity(spec.file, model.fileInfo);
  return StateFiles.open({ ...states, model: spec.name, identity, isPartial, transcripts, log });
}

/**
 * Returns true if a state file is complete. It has only the last window of a sliding one, and no checkpoints of
 * recurrent layers, so such a state could not be cut to the beginning of another prompt.
 */
export function hasWholeStates(model: LlamaModel): boolean {
  return !needsCheckpoints(model) && model.fileInsights.swaSize === undefined;
}

/** Returns true if a state in memory can't be cut at any token. Sliding windows can, because they are cached completely. */
export function needsCheckpoints({ fileInsights }: LlamaModel): boolean {
  return fileInsights.isRecurrent || fileInsights.isHybrid;
}
