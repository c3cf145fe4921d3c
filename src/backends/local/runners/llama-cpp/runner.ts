import { getModuleVersion } from 'node-llama-cpp';
import type { Llama, Token } from 'node-llama-cpp';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { openMetadata } from '../../model/model-metadata.ts';
import type { FileSpec } from '../../model/model-metadata.ts';
import { writeTokens } from '../../prompts/write-tokens.ts';
import type { Runner } from '../../runner.ts';
import { Transcripts } from '../../transcripts.ts';
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
  const states = await openStates(spec, settings, head, transcripts, log);
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

/** Parameters that the bytes of a state depend on. */
async function stateContext(
  { llamaCppRelease: { release } }: Llama,
  { kvType, flashAttention }: LoadSettings,
): Promise<string> {
  const addon = `node-llama-cpp ${await getModuleVersion()} of llama.cpp ${release}`;
  return `${kvType}, flash attention ${flashAttention}, ${addon}`;
}
