import type { Options } from 'ollama';
import type { Effort, GenerationRequest, ThinkingMode } from '../../core/backend.ts';
import { upstreamName } from '../../core/model.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { Steps } from '../../core/steps.ts';
import type { KeepAlive } from '../../units/keep-alive.ts';
import type { Sampling } from '../../core/model.ts';
import { EFFORT_LEVELS } from '../effort-levels.ts';
import type { EffortLevel } from '../effort-levels.ts';
import type { OllamaModelFacts, OllamaThinkingControl } from './facts.ts';
import type { OllamaChatRequest } from './protocol.ts';
import { toTool } from './tool.ts';
import { toOllamaMessages } from './translate.ts';

/**
 * Makes the body of /api/chat for a request.
 *
 * Stop sequences are not sent: Ollama removes them without reporting which one was met, and they would
 * replace the stops of the model itself.
 *
 * @param counted tokens of the prompt if known; they limit the answer to the rest of the context
 */
export function* toChatRequest(
  request: GenerationRequest,
  facts: OllamaModelFacts,
  counted?: number,
): Steps<OllamaChatRequest> {
  const { maxTokens, stopSequences, outputSchema } = request;
  const left = counted === undefined ? maxTokens : facts.contextTokens - counted;
  return {
    ...(yield* body(request, facts, Math.max(1, Math.min(maxTokens, left)))),
    stream: true,
    ...(outputSchema && { format: outputSchema }),
    // Log probabilities show the number of tokens in a chunk, for an answer that ends before Ollama counts it.
    ...((stopSequences.length > 0 || asksTwice(request, facts)) && { logprobs: true }),
  };
}

/**
 * Returns true if Ollama generates an answer twice: first free thinking, then the answer in the format, for a
 * prompt that includes the thinking. The reported counts are those of the second generation.
 */
export function asksTwice(request: GenerationRequest, facts: OllamaModelFacts): boolean {
  const think = thinkOf(request, facts);
  return request.outputSchema !== undefined && think !== undefined && think !== false;
}

/** Makes the body that evaluates and counts the same prompt. Ollama generates at least one token. */
export function* toCountRequest(
  request: GenerationRequest,
  facts: OllamaModelFacts,
): Steps<OllamaChatRequest> {
  return { ...(yield* body(request, facts, 1)), stream: false };
}

/** Removes the keep-alive of a request, for a count before an answer. The request of the answer sets it. */
export function withoutKeepAlive(request: GenerationRequest): GenerationRequest {
  const { keepAliveMs: _, ...model } = request.model;
  return { ...request, model };
}

function* body(
  request: GenerationRequest,
  facts: OllamaModelFacts,
  numPredict: number,
): Steps<OllamaChatRequest> {
  const { model, conversation } = request;
  const think = thinkOf(request, facts);
  const tools = callable(request).map(toTool);
  return {
    model: upstreamName(model),
    messages: yield* toOllamaMessages(conversation, {
      model: model.name,
      tools: facts.tools,
      images: facts.images,
    }),
    ...(tools.length > 0 && { tools }),
    ...(think !== undefined && { think }),
    ...(model.keepAliveMs !== undefined && {
      keep_alive: toKeepAlive(model.keepAliveMs),
    }),
    truncate: false,
    shift: false,
    options: {
      ...(facts.cloud !== true && { num_ctx: facts.contextTokens }),
      num_predict: numPredict,
      ...toOptions({ ...model.sampling, ...request.sampling }),
    },
  };
}

/** Returns the tools to offer. Throws `unsupported` if a schema would keep the model from calling them. */
function callable({ conversation, toolChoice, outputSchema, model }: GenerationRequest) {
  if (toolChoice.mode === 'none' || conversation.tools.length === 0) return [];
  if (outputSchema === undefined) return conversation.tools;
  throw new RuntimeFailure(
    'unsupported',
    `Ollama can't let ${model.name} call tools while it enforces a JSON schema. ` +
      'Leave out one of the two, or set tool_choice to none.',
    { subject: 'output-schema' },
  );
}

function thinkOf({ thinking, effort, outputSchema }: GenerationRequest, facts: OllamaModelFacts) {
  const isNeeded = outputSchema !== undefined && facts.formatAfterThinking;
  return facts.thinking === 'switch' && isNeeded ? true : toThink(facts.thinking, thinking, effort);
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

/** Formats a keep-alive. Ollama reads -1 as forever, and text as a duration of Go. Old versions truncate fractions. */
function toKeepAlive(keepAlive: KeepAlive): number | string {
  return keepAlive === 'always' ? -1 : `${keepAlive}ms`;
}

/** Value of the `think` field; undefined if the model would refuse it. */
export function toThink(
  control: OllamaThinkingControl,
  thinking: ThinkingMode,
  effort: Effort | undefined,
): boolean | EffortLevel | undefined {
  const wanted = thinking.mode !== 'disabled';
  switch (control) {
    case 'none':
      return undefined;
    case 'switch':
      return wanted;
    case 'levels':
      // Thinking of such a model can't be turned off, only lowered.
      return wanted ? EFFORT_LEVELS[effort ?? 'medium'] : 'low';
    default:
      return control satisfies never;
  }
}
