import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** As much as the largest body: a client that sends all of its body first then still reads the answer. */
const MOST_BYTES = 32 * 1024 * 1024;
const LINGER_MILLISECONDS = 5000;
const LOOK_MILLISECONDS = 10;

/** Ends the connections of clients that go on sending a body after its request was answered. */
export const closeUnread: RequestHandler = (request, response, next) => {
  response.once('finish', () => {
    if (!request.complete) linger(request, response);
  });
  next();
};

/**
 * Has the connection closed after an answer that comes before the end of the body. First only our
 * side is closed: a connection that is closed at once takes an answer with it that is not read yet.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function announceClose(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return;
  const { socket } = request;
  response.setHeader('connection', 'close');
  // node calls it when the answer is written; closeUnread destroys the socket later.
  socket.destroySoon = () => socket.end();
}

function linger(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const closes = response.getHeader('connection') === 'close';
  const mostRead = socket.bytesRead + MOST_BYTES;
  const end = performance.now() + LINGER_MILLISECONDS;
  const timer = setInterval(() => {
    const isTooMuch = socket.bytesRead > mostRead || performance.now() > end;
    if (!isTooMuch && !request.complete && !socket.destroyed) return;
    clearInterval(timer);
    if (closes || !request.complete) socket.destroy();
  }, LOOK_MILLISECONDS);
  timer.unref();
}
