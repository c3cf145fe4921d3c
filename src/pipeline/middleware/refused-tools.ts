import type { GenerationRequest } from '../../core/backend.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { GenerationContext, GenerationMiddleware } from '../middleware.ts';

/**
 * Middleware that repeats a request with tools as instructions if the model's server refuses tools before any
 * output. The backend remembers it for later requests.
 */
export const refusedTools: GenerationMiddleware = (next) =>
  async function* askWithoutTools(request, context) {
    let isAdmitted = false;
    let hasOutput = false;
    try {
      for await (const event of next(request, context)) {
        isAdmitted ||= event.type === 'admitted';
        hasOutput ||= event.type !== 'admitted' && event.type !== 'progress';
        yield event;
      }
      return;
    } catch (error) {
      if (!(error instanceof RuntimeFailure) || !error.refusesTools || hasOutput) throw error;
      if (!sendsTools(request, context)) throw error;
    }
    const { forcesCalls: _forced, ...can } = context.capabilities;
    const capabilities = { ...can, tools: 'none' } as const;
    for await (const event of next(request, { ...context, capabilities })) {
      if (event.type !== 'admitted' || !isAdmitted) yield event;
    }
  };

/** Returns true if the backend sent tools or earlier calls in the server's own form. */
function sendsTools(
  { conversation }: GenerationRequest,
  { capabilities }: GenerationContext,
): boolean {
  const isNative = capabilities.tools !== 'none' || capabilities.forcesCalls === true;
  const { tools, turns } = conversation;
  return (
    isNative &&
    (tools.length > 0 || turns.some(({ parts }) => parts.some(({ kind }) => kind === 'tool-call')))
  );
}
