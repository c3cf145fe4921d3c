import type { Backend, Capabilities, GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { enforceCall, needsEnforcement } from './enforcement.ts';
import { guardCalls } from './guard-calls.ts';
import { guardJson } from './guard-json.ts';
import { neededInjection, readInjected } from './injection.ts';
import { mayLeak, readLeaked } from './read-leaked.ts';
import { wellFormed } from './well-formed-events.ts';

/** A backend's answer, with instructions and a second try standing for what the model can't do. */
export function answer(
  backend: Backend,
  request: GenerationRequest,
  can: Capabilities,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const ask = (asked: GenerationRequest): AsyncGenerator<GenerationEvent> =>
    wellFormed(answerOnce(backend, asked, can, signal));
  const bound = can.tools === 'enforced';
  if (!needsEnforcement(request, can)) {
    return guardJson(request, (asked) => guardCalls(asked, ask, { asksAgain: true, bound }));
  }
  // A demanded call is asked for again anyway.
  return enforceCall(request, (asked) => guardCalls(asked, ask, { asksAgain: false, bound }));
}

function answerOnce(
  backend: Backend,
  asked: GenerationRequest,
  can: Capabilities,
  signal: AbortSignal,
): AsyncGenerator<GenerationEvent> {
  const injection = neededInjection(asked, can);
  if (injection !== undefined) {
    return readInjected(asked, injection, (one, ending) => backend.generate(one, signal, ending));
  }
  if (!mayLeak(backend.kind)) return backend.generate(asked, signal);
  const aliases = backend.toolAliases?.(asked) ?? new Map<string, string>();
  return readLeaked(asked, aliases, (ending) => backend.generate(asked, signal, ending));
}
