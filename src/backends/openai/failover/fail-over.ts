import { smallest } from '../../../core/lists.ts';
import type { SessionKey } from '../../../core/backend.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import type { Attempt, Circuits } from './circuits.ts';
import { isUpstreamFault } from './fault.ts';
import { routesOf } from '../routes.ts';
import type { Route } from '../routes.ts';
import type { OpenAiRequest, OpenAiSpec } from '../spec.ts';

/** Longest time until a retry if no server answers. */
const RETRY_AFTER_SECONDS = 5;

/** Answers a request by one server. */
export type GenerateOnRoute = (request: OpenAiRequest) => AsyncGenerator<GenerationEvent>;

/** Key of a session that selects its upstream, because its prefixes are cached there. */
export function affinityOf({ session, user }: SessionKey): string | undefined {
  return session ?? user;
}

/**
 * Generates an answer on the first of the model's servers that answers, in the order of the session. An answer
 * that has begun is never started again, so a later failure fails the request.
 *
 * @throws {RuntimeFailure} `backend-unavailable` if no server answers
 */
export async function* generateByAny(
  circuits: Circuits,
  request: OpenAiRequest,
  generate: GenerateOnRoute,
): AsyncGenerator<GenerationEvent> {
  const routes = routesOf(request.model);
  const failures: RuntimeFailure[] = [];
  let admitted = false;
  for (const route of circuits.order(routes, affinityOf(request.session))) {
    const attempt = circuits.attempt(route);
    let begun = false;
    try {
      for await (const event of generate({ ...request, model: route.model })) {
        begun ||= noteOutput(event, attempt);
        if (event.type === 'admitted' && admitted) continue;
        admitted ||= event.type === 'admitted';
        yield event;
      }
      return;
    } catch (error) {
      if (!isUpstreamFault(error)) throw error;
      attempt.failed(error);
      if (begun) throw error;
      failures.push(error);
    } finally {
      attempt.end();
    }
  }
  throw allAway(request.model, routes, failures, circuits);
}

/** Returns true if an event is output, and notes the first one for the circuit. */
function noteOutput(event: GenerationEvent, attempt: Attempt): boolean {
  if (event.type === 'admitted' || event.type === 'progress') return false;
  if (event.type === 'finish') attempt.succeeded();
  else attempt.began();
  return true;
}

/**
 * Returns the result of the first of the model's servers that answers, in the order of the session. Throws like
 * `generateByAny`.
 */
export async function requestAny<T>(
  circuits: Circuits,
  model: OpenAiSpec,
  session: string | undefined,
  ask: (model: OpenAiSpec) => Promise<T>,
): Promise<T> {
  const routes = routesOf(model);
  const failures: RuntimeFailure[] = [];
  for (const route of circuits.order(routes, session)) {
    const attempt = circuits.attempt(route);
    try {
      return await ask(route.model);
    } catch (error) {
      if (!isUpstreamFault(error)) throw error;
      attempt.failed(error);
      failures.push(error);
    } finally {
      attempt.end();
    }
  }
  throw allAway(model, routes, failures, circuits);
}

/** Failure with the reason of each server, and the time of a retry. */
function allAway(
  { name }: OpenAiSpec,
  routes: readonly Route[],
  failures: readonly RuntimeFailure[],
  circuits: Circuits,
): RuntimeFailure {
  const [failure, ...others] = failures;
  // A retry does not help against these.
  if (failure?.code === 'model-not-found' || failure?.code === 'billing') {
    const isAlike = others.every(({ code }) => code === failure.code);
    if (isAlike && failures.length === routes.length) return failure;
  }
  const seconds = routes.map((route) => circuits.secondsAway(route)).filter((left) => left > 0);
  const retryAfters = failures.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
  const urls = routes.map(({ url }) => url).join(', ');
  const reasons = [...new Set(failures.map(({ message }) => message))].join('; ');
  return new RuntimeFailure(
    'backend-unavailable',
    `none of the servers of ${name} answers (${urls})${reasons && `: ${reasons}`}`,
    { retryAfterSeconds: Math.max(1, smallest([...seconds, ...retryAfters], RETRY_AFTER_SECONDS)) },
  );
}
