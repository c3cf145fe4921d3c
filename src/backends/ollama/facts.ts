import type { Capabilities } from '../../core/backend.ts';
import { upstreamName } from '../../core/model.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { ModelDescription } from './protocol.ts';
import { isCloudName } from './names.ts';

/** Control of thinking: `switch` turns it on or off; with `levels` the model always thinks, at one of three efforts. */
export type OllamaThinkingControl = 'none' | 'switch' | 'levels';

/** Properties of a model on Ollama that decide the form of its requests. */
export interface OllamaModelFacts {
  /** Total tokens of prompt and answer. */
  readonly contextTokens: number;
  /** Context of its training in tokens; undefined if Ollama does not report it. */
  readonly trainedTokens?: number | undefined;
  /** False for a model that is listed for other uses, such as embeddings. */
  readonly chats?: false;
  /** True if Ollama's cloud decides the context itself; otherwise it is sent as `num_ctx`. */
  readonly cloud?: boolean;
  readonly thinking: OllamaThinkingControl;
  /** True if its template renders tools, calls and results. */
  readonly tools: boolean;
  readonly images: boolean;
  /** True if Ollama enforces a schema only after the model has thought. */
  readonly formatAfterThinking: boolean;
}

/** Largest default context. Larger contexts cost memory at once. */
const DEFAULT_CONTEXT = 32_768;

/** Capabilities of models that write no text. Some older servers never list `completion`. */
const OTHER_USES: readonly string[] = ['embedding', 'image'];

/** Families with an effort instead of a switch (`shouldUseHarmony` in Ollama's routes). */
const EFFORT_FAMILIES: readonly string[] = ['gptoss', 'gpt-oss'];

/**
 * Derives the form of requests to a model. Throws `unsupported` for a template, which Ollama can't use.
 *
 * @param allocated context in tokens of the loaded model
 */
export function ollamaModelFacts(
  spec: ModelSpec,
  description: ModelDescription,
  allocated?: number,
): OllamaModelFacts {
  if (spec.template !== undefined) {
    throw new RuntimeFailure(
      'unsupported',
      `models.yaml: ${spec.name} has a template, but Ollama uses its own: ` +
        'remove it there and put a TEMPLATE into a Modelfile',
    );
  }
  const cloud = description.remote === true || isCloudName(upstreamName(spec));
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

/** Context in tokens: of the entry, the Modelfile, or the loaded model; otherwise the one of training, up to 32k. */
function contextOf(
  spec: ModelSpec,
  { numCtx, contextLength }: ModelDescription,
  { cloud, allocated }: { readonly cloud: boolean; readonly allocated: number | undefined },
): number {
  // Ollama silently lowers a larger num_ctx to the context of training.
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

/** Converts the facts to capabilities. */
export function toOllamaCapabilities(facts: OllamaModelFacts): Capabilities {
  return {
    ...(facts.chats === false && { chats: facts.chats }),
    contextTokens: facts.contextTokens,
    ...(facts.trainedTokens !== undefined && { maxContextTokens: facts.trainedTokens }),
    thinking: THINKING[facts.thinking],
    // Ollama can't force a call.
    tools: facts.tools ? 'auto' : 'none',
    structuredOutput: facts.chats !== false,
    images: facts.images,
    documents: true,
    citations: facts.chats !== false,
    exactCount: true,
  };
}
