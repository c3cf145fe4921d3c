import type { Capabilities } from '../../core/backend.ts';
import { upstreamName } from '../../core/model.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { ModelDescription } from './protocol.ts';
import { isCloudName } from './names.ts';

/** `switch`: thinking is asked for or not; `levels`: it always thinks, at an effort of three. */
export type OllamaThinkingControl = 'none' | 'switch' | 'levels';

/** How a model on Ollama is to be asked. */
export interface OllamaModelFacts {
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number;
  /** Tokens that it was trained on; undefined if Ollama does not say. */
  readonly trainedTokens?: number | undefined;
  /** False for a model that is listed for other things, such as embeddings. */
  readonly chats?: false;
  /** Ollama's cloud decides on the context itself; else it is sent as `num_ctx`. */
  readonly cloud?: boolean;
  readonly thinking: OllamaThinkingControl;
  /** Whether its template has a place for tools, calls and results. */
  readonly tools: boolean;
  readonly images: boolean;
  /** Whether Ollama holds its answer to a schema only once it has thought. */
  readonly formatAfterThinking: boolean;
}

/** What a model may take where the registry says nothing: larger contexts cost memory at once. */
const DEFAULT_CONTEXT = 32_768;

/** Capabilities that Ollama lists for models that write no text: some older servers list no completion at all. */
const OTHER_USES: readonly string[] = ['embedding', 'image'];

/** Families that take an effort instead of a switch (`shouldUseHarmony` in Ollama's routes). */
const EFFORT_FAMILIES: readonly string[] = ['gptoss', 'gpt-oss'];

/**
 * Decides how to ask a model. Throws `unsupported` for a template, which Ollama can't be given.
 *
 * @param allocated the context in tokens that the model has in memory now
 */
export function ollamaModelFacts(
  spec: ModelSpec,
  description: ModelDescription,
  allocated?: number,
): OllamaModelFacts {
  if (spec.template !== undefined) {
    throw new RuntimeFailure(
      'unsupported',
      `models.yaml: ${spec.name} has a template, but Ollama renders by its own: ` +
        'remove it there and put a TEMPLATE into a Modelfile',
    );
  }
  const cloud = isCloudName(upstreamName(spec));
  const thinking = thinkingControl(description);
  const { capabilities } = description;
  const chats =
    capabilities.includes('completion') || !OTHER_USES.some((use) => capabilities.includes(use));
  return {
    contextTokens: contextOf(spec, description, { cloud, allocated }),
    trainedTokens: description.contextLength,
    ...(!chats && { chats }),
    ...(cloud && { cloud }),
    thinking,
    tools: capabilities.includes('tools'),
    images: capabilities.includes('vision'),
    // ChatHandler in its server/routes.go: https://github.com/ollama/ollama/issues/15260
    formatAfterThinking: thinking === 'levels' || (thinking === 'switch' && description.ownParser),
  };
}

/** The first that says: the entry, the Modelfile, what is allocated, else the trained length up to 32k. */
function contextOf(
  spec: ModelSpec,
  { numCtx, contextLength }: ModelDescription,
  { cloud, allocated }: { readonly cloud: boolean; readonly allocated: number | undefined },
): number {
  // Ollama lowers a larger num_ctx to the trained length without a word.
  const trained = contextLength ?? Number.POSITIVE_INFINITY;
  if (cloud) return Math.min(spec.context ?? contextLength ?? DEFAULT_CONTEXT, trained);
  return Math.min(spec.context ?? numCtx ?? allocated ?? DEFAULT_CONTEXT, trained);
}

function thinkingControl({ capabilities, family }: ModelDescription): OllamaThinkingControl {
  if (!capabilities.includes('thinking')) return 'none';
  return family !== undefined && EFFORT_FAMILIES.includes(family) ? 'levels' : 'switch';
}

const THINKING = {
  none: 'none',
  switch: 'switchable',
  levels: 'always',
} as const satisfies Record<OllamaThinkingControl, Capabilities['thinking']>;

/** The same facts in the words that all backends share. */
export function toOllamaCapabilities(facts: OllamaModelFacts): Capabilities {
  return {
    ...(facts.chats === false && { chats: facts.chats }),
    contextTokens: facts.contextTokens,
    ...(facts.trainedTokens !== undefined && { maxContextTokens: facts.trainedTokens }),
    thinking: THINKING[facts.thinking],
    // It has no way to force a call.
    tools: facts.tools ? 'auto' : 'none',
    structuredOutput: facts.chats !== false,
    images: facts.images,
    documents: false,
    citations: false,
    exactCount: true,
  };
}
