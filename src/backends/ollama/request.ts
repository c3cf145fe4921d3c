import type { Options } from 'ollama';
import type { Effort, GenerationRequest, ThinkingMode } from '../../core/backend.ts';
import type { ModelSpec, Sampling } from '../../core/model.ts';
import type { ModelFacts, ThinkingControl } from './facts.ts';
import type { OllamaChatRequest } from './protocol.ts';
import { toMessages } from './translate.ts';

/** The name that Ollama knows a model by. */
export function upstreamName(model: ModelSpec): string {
  return model.upstream ?? model.name;
}

/**
 * The body for /api/chat that answers a request.
 *
 * Stop sequences are not among the options: Ollama cuts them out without saying which one was met,
 * and a list of ours would take the place of the stops that the model itself comes with.
 *
 * @param counted tokens of the prompt where they are known: the answer is held to what is left
 */
export function toChatRequest(
  request: GenerationRequest,
  facts: ModelFacts,
  counted?: number,
): OllamaChatRequest {
  const left = counted === undefined ? request.maxTokens : facts.contextTokens - counted;
  return {
    ...body(request, facts, Math.max(1, Math.min(request.maxTokens, left))),
    stream: true,
    // They tell how many tokens a chunk holds, for an answer that ends before Ollama counts it.
    ...(request.stopSequences.length > 0 && { logprobs: true }),
  };
}

/** The body that has the same prompt evaluated and counted: one token is the least that works. */
export function toCountRequest(request: GenerationRequest, facts: ModelFacts): OllamaChatRequest {
  return { ...body(request, facts, 1), stream: false };
}

function body(
  request: GenerationRequest,
  facts: ModelFacts,
  numPredict: number,
): OllamaChatRequest {
  const { model } = request;
  const think = toThink(facts.thinking, request.thinking, request.effort);
  return {
    model: upstreamName(model),
    messages: toMessages(request.conversation, model.name),
    ...(think !== undefined && { think }),
    truncate: false,
    shift: false,
    options: {
      num_ctx: facts.contextTokens,
      num_predict: numPredict,
      ...toOptions({ ...model.sampling, ...request.sampling }),
    },
  };
}

function toOptions(sampling: Sampling): Partial<Options> {
  const { temperature, topP, topK, minP, seed } = sampling;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(topK !== undefined && { top_k: topK }),
    ...(minP !== undefined && { min_p: minP }),
    ...(seed !== undefined && { seed }),
  };
}

type Level = 'low' | 'medium' | 'high';

const LEVELS = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<Effort, Level>;

/** The `think` field; absent where the model would refuse it. */
export function toThink(
  control: ThinkingControl,
  thinking: ThinkingMode,
  effort: Effort | undefined,
): boolean | Level | undefined {
  const wanted = thinking.mode !== 'disabled';
  switch (control) {
    case 'none':
      return undefined;
    case 'switch':
      return wanted;
    case 'levels':
      // Such a model can't be told not to think, only to think little.
      return wanted ? LEVELS[effort ?? 'medium'] : 'low';
    default:
      return control satisfies never;
  }
}
