import { upstreamName } from '../../core/model.ts';
import { beforeWorkOn, inSlices } from '../../core/steps.ts';
import type { PromptEstimator } from '../../prompt/estimate.ts';
import { UNADJUSTED } from './adjustments.ts';
import type { Adjustments } from './adjustments.ts';
import type { ServerClient } from './client.ts';
import { charactersOf, countByTokenizer } from './count.ts';
import type { ModelFacts } from './facts.ts';
import type { Question } from './failures.ts';
import type { FactsFinder } from './probe.ts';
import { toPromptBody } from './request.ts';
import type { PromptBody } from './request.ts';
import type { OpenAiRequest, OpenAiSpec } from './spec.ts';

/** Calls that a server refuses: those that its model may make, or demanded ones too. */
export type ToolRefusal = 'optional' | 'all';

/** What all calls of one backend share. */
export interface Upstream {
  readonly facts: FactsFinder;
  readonly estimator: PromptEstimator;
  /** How models are asked otherwise than at first, by server and name. */
  readonly adjustments: Map<string, Adjustments>;
  /** Models whose server refuses tools, by server and name. */
  readonly toolRefusals: Map<string, ToolRefusal>;
  readonly clientOf: (model: OpenAiSpec) => ServerClient;
  readonly log: (message: string) => void;
}

/** One request to one server, with all that is known of both. */
export interface Call {
  readonly request: OpenAiRequest;
  readonly client: ServerClient;
  readonly facts: ModelFacts;
  readonly signal: AbortSignal;
  /** What the model is remembered by. */
  readonly key: string;
  readonly adjustments: Adjustments;
  readonly prompt: PromptBody;
  /** How long the prompt is as text. */
  readonly characters: number;
  /** About how many tokens the prompt has. */
  readonly estimatedTokens: number;
  readonly question: Question;
}

/** Key of what is remembered of a model on a server. */
export function modelKey({ key }: ServerClient, model: OpenAiSpec): string {
  return `${key} ${upstreamName(model)}`;
}

/** Finds out how the request has to be asked. Throws a RuntimeFailure where its server is away. */
export async function prepareCall(
  { facts: find, estimator, adjustments: known, clientOf }: Upstream,
  request: OpenAiRequest,
  signal: AbortSignal,
): Promise<Call> {
  const { model } = request;
  const client = clientOf(model);
  const facts = await find(model, client, signal);
  const key = modelKey(client, model);
  const adjustments = known.get(key) ?? UNADJUSTED;
  await beforeWorkOn(request.conversation.turns.length);
  const prompt = await inSlices(toPromptBody(request, facts, adjustments));
  const characters = charactersOf(prompt);
  const estimatedTokens = estimator.estimate(key, characters);
  const question = {
    url: client.url,
    model: upstreamName(model),
    ...(model.key !== undefined && { key: model.key }),
    maxTokens: request.maxTokens,
    contextTokens: facts.contextTokens,
    estimatedTokens,
    listed: facts.listed,
  };
  return {
    request,
    client,
    facts,
    signal,
    key,
    adjustments,
    prompt,
    characters,
    estimatedTokens,
    question,
  };
}

/** The prompt's tokens as the server's tokenizer counts them; undefined where it can't. */
export function countCall({ client, facts, prompt, signal }: Call): Promise<number | undefined> {
  return countByTokenizer(client, facts, prompt, signal);
}
