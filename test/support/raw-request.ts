import { once } from 'node:events';
import { request as open } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** An answer to a request whose headers, Host included, were sent just as they were given. */
export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A request as fetch would not send it: with a Host header of the caller's own. */
export async function rawRequest(
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
  method = body === undefined ? 'GET' : 'POST',
): Promise<RawResponse> {
  const request = open(url, { method, headers });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await text(response),
  };
}
