import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { readBody, serve } from '../../support/upstream/replay.ts';

/** A request for a completion, as a server saw it. */
export interface SeenRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * A status other than 200, the events of an answer, which may break off: without any, at once; or an answer
 * in one piece.
 */
export type Act =
  | { readonly status: number; readonly error: object; readonly retryAfter?: string }
  | { readonly events: readonly object[]; readonly breaksOff?: boolean }
  | { readonly whole: object };

export interface ActingServer {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** The paths that were asked for besides completions. */
  readonly asked: readonly string[];
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** One delta of an answer, or its end. */
export function event(delta: object, finishReason?: string): object {
  return { choices: [{ index: 0, delta, finish_reason: finishReason ?? null }] };
}

export const ANSWER: Act = {
  events: [
    event({ content: 'One' }),
    event({}, 'stop'),
    { choices: [], usage: { prompt_tokens: 20, completion_tokens: 2 } },
  ],
};

/** A server whose answers a test decides, request by request; ends with the test. */
export async function startActing(
  act: (request: SeenRequest) => Act,
  models: readonly object[] = [{ id: 'mini', owned_by: 'acme' }],
  port = 0,
): Promise<ActingServer> {
  const seen: SeenRequest[] = [];
  const asked: string[] = [];
  const server = await serve((request, response) => {
    void (async () => {
      const text = (await readBody(request)).toString('utf8');
      if (!request.url?.endsWith('/chat/completions')) {
        asked.push(request.url ?? '');
        response.setHeader('content-type', 'application/json');
        if (request.url !== '/v1/models') response.statusCode = 404;
        response.end(JSON.stringify({ data: models }));
        return;
      }
      const body = JSON.parse(text) as SeenRequest['body'];
      const one = { headers: request.headers, body };
      seen.push(one);
      perform(act(one), response);
    })();
  }, port);
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  onTestFinished(close);
  return { url: server.url, port: server.port, seen, asked, close };
}

function perform(act: Act, response: ServerResponse): void {
  if ('events' in act) {
    if (act.breaksOff === true && act.events.length === 0) {
      response.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const one of act.events) response.write(`data: ${JSON.stringify(one)}\n\n`);
    // What was written has to leave first.
    if (act.breaksOff === true) setTimeout(() => response.destroy(), 20);
    else response.end('data: [DONE]\n\n');
    return;
  }
  if ('whole' in act) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(act.whole));
    return;
  }
  response.writeHead(act.status, {
    'content-type': 'application/json',
    ...(act.retryAfter !== undefined && { 'retry-after': act.retryAfter }),
  });
  response.end(JSON.stringify({ error: act.error }));
}
