import { getModuleVersion } from 'node-llama-cpp';
import type { Llama, Token } from 'node-llama-cpp';
import type { GenerationRequest } from '../../../../core/backend.ts';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { openMetadata } from '../../model/model-metadata.ts';
import type { FileSpec, ModelMetadata } from '../../model/model-metadata.ts';
import { refuseBySize, renderRequest } from '../../prompts/render-request.ts';
import type { Runner, WrittenPrompt } from '../../runner.ts';
import { weightsIdentity } from '../../states/identity.ts';
import { Transcripts } from '../../transcripts.ts';
import type { Transcript } from '../../transcripts.ts';
import { loadSettingsFor } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { loadWeights } from './load-weights.ts';
import { openSlots } from './loaded-runner.ts';
import { cpuContext } from './memory.ts';
import { hasWholeStates } from './sequence-state.ts';
import { NEGLIGIBLE_TOKENS } from '../../prefix-cache/slot-choice.ts';
import { StateFiles } from '../../prefix-cache/state-files.ts';
import type { TokenGrammar } from './token-grammar.ts';

type Tokens = readonly Token[];

/**
 * Opens a model for node-llama-cpp, which has several slots and returns one token at a time. Starts llama.cpp and reads
 * the model's metadata. Throws like `openHead`.
 */
export async function openLlamaCpp(
  spec: FileSpec,
  settings: EngineSettings,
  log: EngineLog,
): Promise<Runner<Tokens, TokenGrammar>> {
  const { native, head } = await openMetadata(spec);
  const { llama } = native;
  if (head.notice !== undefined) log(head.notice);
  const transcripts = new Transcripts<Tokens>();
  const states = await openStates(spec, settings, head, transcripts, log);
  return {
    head,
    transcripts,
    mayRestore: (prompt) => states?.knows(prompt, NEGLIGIBLE_TOKENS) === true,
    images: false,
    grammarFeatures: { watches: () => false, excluded: [] },
    write: async (...asked) => write(head, ...asked),
    count: async (prompt) => prompt.length,
    commonPrefix: (one, other) => other.slice(0, commonLength(one, other)),
    async load({ contextSize, reserve, onProgress }) {
      const context = cpuContext(llama, head.model.fileInfo, contextSize);
      const loading = loadSettingsFor(spec, settings, llama.cpuMathCores, context);
      const weights = await loadWeights(native, head.model, spec, {
        contextSize,
        settings: loading,
        parallel: settings.parallel ?? spec.parallel,
        reserve,
        onProgress,
      });
      const promptLookup = settings.promptLookup ?? spec.promptLookup;
      const { threads } = loading;
      states?.useContext(await stateContext(llama, loading), contextSize);
      return openSlots(weights, { llama, head, threads, promptLookup, states, log });
    },
    async close() {
      states?.close();
      head.prompts.close();
      await llama.dispose();
    },
  };
}

/** Opens the state files; undefined if they are disabled, or if a file would lack a part of this model's state. */
async function openStates(
  spec: FileSpec,
  { states }: EngineSettings,
  { model }: ModelMetadata,
  transcripts: Transcripts<Tokens>,
  log: EngineLog,
): Promise<StateFiles | undefined> {
  if (states === undefined || !hasWholeStates(model)) return undefined;
  const { metadataSize, tensorInfoSize = 0 } = model.fileInfo;
  const identity = await weightsIdentity(spec.file, metadataSize + tensorInfoSize);
  return StateFiles.open({ ...states, model: spec.name, identity, transcripts, log });
}

/** Parameters that the bytes of a state depend on. */
async function stateContext(
  { llamaCppRelease: { release } }: Llama,
  { kvType, flashAttention }: LoadSettings,
): Promise<string> {
  const addon = `node-llama-cpp ${await getModuleVersion()} of llama.cpp ${release}`;
  return `${kvType}, flash attention ${flashAttention}, ${addon}`;
}

async function write(
  head: ModelMetadata,
  request: GenerationRequest,
  known: readonly Transcript<Tokens>[],
  most: number,
  signal: AbortSignal,
): Promise<WrittenPrompt<Tokens>> {
  const { tokenizer } = head;
  const written = await renderRequest(head, request, known, signal);
  const { prompt: rendered, trigger, forced, before } = written;
  const stretches = [...rendered.stretches, ...trigger];
  refuseBySize((before?.length ?? 0) + tokenizer.least(stretches), most);
  const prompt =
    before === undefined
      ? await tokenizer.prompt(stretches, signal)
      : [...before, ...(await tokenizer.middle(stretches, signal))];
  return { rendered, prompt, forced };
}
