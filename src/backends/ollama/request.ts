import type { Options } from 'ollama';
import type { Effort, GenerationRequest, ThinkingMode } from '../../core/backend.ts';
import { upstreamName } from '../../core/model.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { Steps } from '../../core/steps.ts';
import type { KeepAlive } from '../../units/keep-alive.ts';
import type { Sampling } from '../../core/model.ts';
import type { OllamaModelFacts, OllamaThinkingControl } from './facts.ts';
import type { OllamaChatRequest } from './protocol.ts';
import { toTool } from './tool.ts';
import { toOllamaMessages } from './translate.ts';

/**
 * The body for /api/chat that answers a request.
 *
 * Stop sequences are not among the options: Ollama cuts them out without saying which one was met,
 * and a list of ours would take the place of the stops that the model itself comes with.
 *
 * @param counted tokens of the prompt where they are known: the answer is held to what is left
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
    // They tell how many tokens a chunk holds, for an answer that ends before Ollama counts it.
    ...((stopSequences.length > 0 || asksTwice(request, facts)) && { logprobs: true }),
  };
}

/**
 * Whether Ollama makes two generations of one answer: it lets a model think freely, then has it answer
 * in the format, to a prompt that its thinking has become a part of. Its counts are those of the second.
 */
export function asksTwice(request: GenerationRequest, facts: OllamaModelFacts): boolean {
  const think = thinkOf(request, facts);
  return request.outputSchema !== undefined && think !== undefined && think !== false;
}

/** The body that has the same prompt evaluated and counted: one token is the least that works. */
export function* toCountRequest(
  request: GenerationRequest,
  facts: OllamaModelFacts,
): Steps<OllamaChatRequest> {
  return { ...(yield* body(request, facts, 1)), stream: false };
}

/** For a count that an answer follows: that one says how long the model stays. */
export function withoutKeepAlive(request: GenerationRequest): GenerationRequest {
  const { keepAliveMilliseconds: _, ...model } = request.model;
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
    ...(model.keepAliveMilliseconds !== undefined && {
      keep_alive: toKeepAlive(model.keepAliveMilliseconds),
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

/** The tools to offer. Throws `unsupported` where a schema would keep the model from calling them. */
function callable({ conversation, toolChoice, outputSchema, model }: GenerationRequest) {
  if (toolChoice.mode === 'none' || conversation.tools.length === 0) return [];
  if (outputSchema === undefined) return conversation.tools;
  throw new RuntimeFailure(
    'unsupported',
    `Ollama can't let ${model.name} call tools while it is held to a JSON schema. ` +
      'Leave one of the two out, or let it call none.',
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

/** Ollama reads a number below 0 as for ever, and text as Go's durations; old versions cut fractions. */
function toKeepAlive(keepAlive: KeepAlive): number | string {
  return keepAlive === 'always' ? -1 : `${keepAlive}ms`;
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
  control: OllamaThinkingControl,
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
