import { RuntimeFailure } from '../../core/failure.ts';
import { isForced } from '../../prompt/tool-choice.ts';
import type { Call, Upstream } from './call.ts';

/** Notes that a server refused the tools of a request, so that its model is told of them by instructions. */
export function noteToolRefusal(
  { toolRefusals, log }: Upstream,
  { key, prompt, request }: Call,
): void {
  if (prompt.tools === undefined) return;
  toolRefusals.set(key, isForced(request.toolChoice) ? 'all' : 'optional');
  log(`${request.model.name} is told of tools by instructions: its server refuses them`);
}

/** Throws for a request whose tools its server is known to refuse, without asking the server. */
export function refuseKnown(
  { toolRefusals }: Upstream,
  { key, prompt, request, client }: Call,
): void {
  const refusal = prompt.tools === undefined ? undefined : toolRefusals.get(key);
  // vLLM without a parser of calls still makes demanded ones.
  if (refusal === undefined || (refusal === 'optional' && isForced(request.toolChoice))) return;
  throw new RuntimeFailure(
    'unsupported',
    `The server at ${client.url} accepts no tools for ${request.model.name}.`,
    { refusesTools: true },
  );
}
