import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** Size of the largest body, so that a client that sends its complete body first still reads the response. */
const MOST_BYTES = 32 * 1024 * 1024;
const LINGER_MS = 5000;
const LOOK_MS = 10;

/** Ends the connections of clients that keep sending a body after the response. */
export const closeUnread: RequestHandler = (request, response, next) => {
  response.once('finish', () => {
    if (!request.complete) linger(request, response);
  });
  next();
};

/**
 * Closes the connection after a response that precedes the end of the body. Only the server's side is closed
 * first: closing both sides at once would discard an unread response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function announceClose(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  const { socket } = request;
  response.setHeader('connection', 'close');
  // Node calls this after the response is written; closeUnread destroys the socket later.
  socket.destroySoon = () => socket.end();
}

function linger(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const closes = response.getHeader('connection') === 'close';
  const mostRead = socket.bytesRead + MOST_BYTES;
  const end = performance.now() + LINGER_MS;
  const timer = setInterval(() => {
    const isTooMuch = socket.bytesRead > mostRead || performance.now() > end;
    if (!isTooMuch && !request.complete && !socket.destroyed) return;
    clearInterval(timer);
    if (closes || !request.complete) socket.destroy();
  }, LOOK_MS);
  timer.unref();
}
