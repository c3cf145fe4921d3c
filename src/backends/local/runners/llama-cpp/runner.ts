import type { Token } from 'node-llama-cpp';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { openMetadata } from '../../model/model-metadata.ts';
import type { FileSpec } from '../../model/model-metadata.ts';
import { addonVersion } from '../../model/native-llama.ts';
import { writeTokens } from '../../prompts/write-tokens.ts';
import type { Runner } from '../../runner.ts';
import { weightsIdentity } from '../../states/identity.ts';
import { Transcripts } from '../../transcripts.ts';
import { AttentionLearner } from './flash-attention/learner.ts';
import { loadSettingsFor } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { loadWeights } from './load-weights.ts';
import { openSlots } from './loaded-runner.ts';
import { cpuContext } from './memory.ts';
import { NEGLIGIBLE_TOKENS } from '../../prefix-cache/slot-choice.ts';
import { openStates } from '../../prefix-cache/open-states.ts';
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
  const states = await openStates(spec, settings, head, transcripts, log, true);
  const addon = await addonVersion(llama);
  const identity = await weightsIdentity(spec.file, head.model.fileInfo);
  const { attention: store } = settings;
  const learner = await AttentionLearner.open({ store, identity, model: spec.name, addon, log });
  return {
    head,
    transcripts,
    mayRestore: (prompt) => states?.knows(prompt, NEGLIGIBLE_TOKENS) === true,
    images: false,
    grammarFeatures: { watches: () => false, excluded: [] },
    write: async (...asked) => writeTokens(head, ...asked),
    count: async (prompt) => prompt.length,
    commonPrefix: (one, other) => other.slice(0, commonLength(one, other)),
    async load({ contextSize, reserve, onProgress }) {
      const loading = learner.decide(
        loadSettingsFor(spec, settings, llama.cpuMathCores),
        cpuContext(llama, head.model.fileInfo, contextSize),
      );
      const weights = await loadWeights(native, head.model, spec, {
        contextSize,
        settings: loading,
        parallel: settings.parallel ?? spec.parallel,
        reserve,
        onProgress,
      });
      const promptLookup = settings.promptLookup ?? spec.promptLookup;
      const { totalSequences } = weights.context;
      states?.useContext(stateContext(loading, totalSequences, addon), contextSize);
      const options = { llama, head, promptLookup, states, learner, log };
      return openSlots(weights, { ...options, settings: loading });
    },
    async close() {
      states?.close();
      head.prompts.close();
      await native.close();
    },
  };
}

/** Parameters that the bytes of a state depend on. llama.cpp also stores the number of sequences of the context. */
function stateContext(
  { kvType, flashAttention }: LoadSettings,
  sequences: number,
  addon: string,
): string {
  return `${kvType}, flash attention ${flashAttention}, ${sequences} sequences, ${addon}`;
}
