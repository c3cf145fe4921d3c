import { upstreamName } from '../../core/model.ts';
import { countItems } from '../../core/parts.ts';
import { beforeWorkOn, inSlices } from '../../core/steps.ts';
import type { PromptEstimator } from '../../prompt/estimate.ts';
import { UNADJUSTED } from './adjustments.ts';
import type { Adjustments } from './adjustments.ts';
import type { ServerClient } from './client.ts';
import { charactersOf, countByTokenizer } from './count.ts';
import type { ModelFacts } from './facts.ts';
import type { UpstreamRequestContext } from './failures.ts';
import type { FactsFinder } from './probe.ts';
import { toPromptBody } from './request.ts';
import type { PromptBody } from './request.ts';
import type { OpenAiRequest, OpenAiSpec } from './spec.ts';

/** Calls that a server refuses: optional ones, or forced ones too. */
export type ToolRefusal = 'optional' | 'all';

/** Parts that all upstream requests of one backend share. */
export interface Upstream {
  readonly facts: FactsFinder;
  readonly estimator: PromptEstimator;
  /** Adjustments of models, by server and name. */
  readonly adjustments: Map<string, Adjustments>;
  /** Models whose server refuses tools, by server and name. */
  readonly toolRefusals: Map<string, ToolRefusal>;
  readonly clientOf: (model: OpenAiSpec) => ServerClient;
  readonly log: (message: string) => void;
}

/** Upstream request: a request to one server, and the facts of both. */
export interface Call {
  readonly request: OpenAiRequest;
  readonly client: ServerClient;
  readonly facts: ModelFacts;
  readonly signal: AbortSignal;
  /** Key of the model in the maps of `Upstream`. */
  readonly key: string;
  readonly adjustments: Adjustments;
  readonly prompt: PromptBody;
  /** Length of the prompt as text. */
  readonly characters: number;
  /** Estimated tokens of the prompt. */
  readonly estimatedTokens: number;
  readonly requestContext: UpstreamRequestContext;
}

/** Key for the facts of a model on a server. */
export function modelKey({ key }: ServerClient, model: OpenAiSpec): string {
  return `${key} ${upstreamName(model)}`;
}

/** Prepares the upstream request. Throws a RuntimeFailure if the server does not answer. */
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
  await beforeWorkOn(countItems(request.conversation));
  const prompt = await inSlices(toPromptBody(request, facts, adjustments));
  const characters = charactersOf(prompt);
  const estimatedTokens = estimator.estimate(key, characters);
  const requestContext = {
    url: client.url,
    model: upstreamName(model),
    ...(model.key !== undefined && { key: model.key }),
    maxTokens: request.maxTokens,
    contextTokens: facts.contextTokens,
    estimatedTokens,
    listed: facts.listed,
    hasResults: prompt.messages.some(({ role }) => role === 'tool'),
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
    requestContext,
  };
}

/** Counts the prompt by the server's tokenizer; undefined if that is not possible. */
export function countCall({ client, facts, prompt, signal }: Call): Promise<number | undefined> {
  return countByTokenizer(client, facts, prompt, signal);
}
