import type { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';

/**
 * Creates the `connect` of an undici agent, whose connections end only after all bytes are read.
 *
 * If a server closes the connection while a slow reader has paused the parser, undici 7 fails an
 * assertion in an event handler, which ends the process. Version 8 fixes it, but requires Node 22.
 *
 * @see https://github.com/nodejs/undici/issues/5360
 */
export function createConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  return endingWhenRead(buildConnector(options));
}

/** Wraps an existing `connect` in the same way, such as one through a proxy. */
export function endingWhenRead(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error === null) {
        endWhenRead(socket);
        noteErrors(socket);
      }
      callback(...result);
    });
  };
}

/** Delays the end of a connection until its reader requests more data, which a paused reader does not. */
function endWhenRead(socket: Socket): void {
  const push = socket.push.bind(socket);
  const read: (size?: number) => unknown = socket.read.bind(socket);
  let isEndDue = false;
  socket.push = (chunk: unknown, encoding) => {
    if (chunk !== null) return push(chunk, encoding);
    isEndDue = true;
    process.nextTick(() => socket.emit('readable'));
    return false;
  };
  socket.read = (size) => {
    const chunk = read(size);
    // Node itself calls `read(0)` to keep the stream flowing.
    if (chunk === null && size !== 0 && isEndDue) {
      isEndDue = false;
      push(null);
    }
    return chunk;
  };
}

/** Errors of connections that had delivered bytes before. */
const errorsOfUsed = new WeakSet<object>();

function noteErrors(socket: Socket): void {
  socket.prependListener('error', (error) => {
    if (socket.bytesRead > 0) errorsOfUsed.add(error);
  });
}

/**
 * True for the end or an error of a connection that had delivered bytes: for another request, or for the head of this
 * one's response.
 */
export function isOfUsedConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof errors.SocketError) return (error.socket?.bytesRead ?? 0) > 0;
  return errorsOfUsed.has(error);
}
