import type { GenerationRequest } from '../../core/backend.ts';
import { contextLimitExceeded, promptTooLong, RuntimeFailure } from '../../core/failure.ts';
import { inSlices } from '../../core/steps.ts';
import { awaitFirstItem } from '../../net/timeouts.ts';
import { parseJson } from '../../core/json.ts';
import { adjust } from './adjustments.ts';
import { countCall, prepareCall } from './call.ts';
import type { Call, Upstream } from './call.ts';
import { isRefusal } from './client.ts';
import { needsCount } from './count.ts';
import { refusalFailure } from './failures.ts';
import type { UpstreamRequestContext } from './failures.ts';
import { readOverflow } from './overflow.ts';
import type { ChatChunk } from './protocol.ts';
import { continues, toChatBody, toPromptBody, unsentSampling } from './request.ts';
import { readError } from './said-error.ts';
import type { SaidError } from './said-error.ts';
import { readChunks } from './stream.ts';
import { isForced } from '../../prompt/tool-choice.ts';

/** Statuses of refusals that an adjustment may avoid; llama-server answers 500 for some. */
const ADJUSTABLE_STATUSES: readonly number[] = [400, 422, 500];

/** Count of a prompt that may arrive during the answer. */
export interface Count {
  tokens: number | undefined;
  /** Estimated tokens, known before the upstream request. */
  estimate: number | undefined;
}

type Chunks = AsyncIterable<readonly ChatChunk[]>;

interface Opened {
  readonly call: Call;
  readonly chunks: Chunks;
}

/** Sends the request and waits for the first event of the answer. Throws a RuntimeFailure if that fails. */
export async function openAnswer(
  upstream: Upstream,
  request: GenerationRequest,
  count: Count,
  signal: AbortSignal,
): Promise<Opened> {
  const call = await prepareCall(upstream, request, signal);
  count.estimate = call.estimatedTokens;
  refusePrefill(call);
  for (const name of unsentSampling(request, call.facts)) {
    upstream.log(`${name} is not sent for ${request.model.name}: its server does not accept it`);
  }
  const counting = countCall(call).then((tokens) => (count.tokens = tokens));
  // If the answer fails first, the count has no reader, so its failure is handled here.
  const known = counting.catch(() => undefined);
  const limited = needsCount(request, call.facts);
  const most = limited ? availableTokens(call, await counting) : Number.POSITIVE_INFINITY;
  const asking = ask(upstream, call, most, known).catch((error: unknown) => {
    if (error instanceof RuntimeFailure && error.refusesTools) noteToolRefusal(upstream, call);
    throw error;
  });
  // An answer does not fail if its prompt can't be counted.
  const [chunks] = await Promise.all([asking, known]);
  return { call, chunks };
}

/** Space of the context for the answer, in tokens. Throws if the prompt does not fit. */
function availableTokens({ request, facts }: Call, counted: number | undefined): number {
  if (counted === undefined) return Number.POSITIVE_INFINITY;
  const { contextTokens } = facts;
  if (counted >= contextTokens) throw promptTooLong(counted, contextTokens);
  if (request.overflow === 'strict' && counted + request.maxTokens > contextTokens) {
    throw contextLimitExceeded(counted, request.maxTokens, contextTokens);
  }
  return contextTokens - counted;
}

function refusePrefill({ request, facts, client }: Call): void {
  if (facts.traits.prefill !== 'never' || !continues(request)) return;
  throw new RuntimeFailure(
    'unsupported',
    `a last assistant turn can't be continued by the server at ${client.url}. Leave it out, ` +
      "or set 'server:' in models.yaml if it is llama-server, vLLM or SGLang.",
    { subject: 'messages' },
  );
}

/**
 * Sends the request, and sends it again with adjustments if the server refuses its form.
 *
 * @param counted tokens of the prompt, for a refusal without a count
 */
async function ask(
  upstream: Upstream,
  call: Call,
  maxTokens: number,
  counted: Promise<number | undefined>,
): Promise<Chunks> {
  const { request, facts, requestContext, key } = call;
  let adjustments = { ...call.adjustments, maxTokens };
  let { prompt } = call;
  refuseKnown(upstream, call);
  for (;;) {
    const outcome = await attempt(call, toChatBody(request, prompt, facts, adjustments));
    if ('chunks' in outcome) {
      upstream.adjustments.set(key, { ...adjustments, maxTokens: Number.POSITIVE_INFINITY });
      return outcome.chunks;
    }
    const { error, failure } = outcome;
    const next = error && adjust(adjustments, error, request);
    if (next === undefined) {
      const tokens = error && readOverflow(error) ? await counted : undefined;
      const { estimatedTokens = 0 } = requestContext;
      throw failure({ ...requestContext, estimatedTokens: tokens ?? estimatedTokens });
    }
    const dropped = next.dropped.find((field) => !adjustments.dropped.includes(field));
    if (dropped !== undefined) {
      upstream.log(`${dropped} is not sent for ${request.model.name}: its server refuses it`);
    }
    adjustments = next;
    prompt = await inSlices(toPromptBody(request, facts, next));
  }
}

/** Refused request. */
interface Refused {
  /** Error that an adjustment may avoid. */
  readonly error: SaidError | undefined;
  readonly failure: (requestContext: UpstreamRequestContext) => unknown;
}

/** Sends the request once, up to the first event of its answer. Some servers refuse with status 200. */
async function attempt(
  { client, signal, requestContext }: Call,
  body: object,
): Promise<{ readonly chunks: Chunks } | Refused> {
  const answer = await client.complete(body, signal);
  if (isRefusal(answer)) {
    const isAdjustable = ADJUSTABLE_STATUSES.includes(answer.status);
    return {
      error: isAdjustable ? readError(parseJson(answer.body)) : undefined,
      failure: (known) => refusalFailure(answer, known),
    };
  }
  const errors: SaidError[] = [];
  try {
    return {
      chunks: await awaitFirstItem(
        readChunks(answer, requestContext, (error) => errors.push(error)),
      ),
    };
  } catch (failure) {
    return { error: errors[0], failure: () => failure };
  }
}

/** Notes that a server refused the tools of a request, so that its model gets them as instructions. */
function noteToolRefusal({ toolRefusals, log }: Upstream, { key, prompt, request }: Call): void {
  if (prompt.tools === undefined) return;
  toolRefusals.set(key, isForced(request.toolChoice) ? 'all' : 'optional');
  log(`${request.model.name} gets tools as instructions: its server refuses them`);
}

/** Throws for a request whose tools the server is known to refuse, without an upstream request. */
function refuseKnown({ toolRefusals }: Upstream, { key, prompt, request, client }: Call): void {
  const refusal = prompt.tools === undefined ? undefined : toolRefusals.get(key);
  // vLLM without a tool-call parser still makes forced calls.
  if (refusal === undefined || (refusal === 'optional' && isForced(request.toolChoice))) return;
  throw new RuntimeFailure(
    'unsupported',
    `The server at ${client.url} accepts no tools for ${request.model.name}.`,
    { refusesTools: true },
  );
}
