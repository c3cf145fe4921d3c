import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/**
 * Creates the `connect` of an undici agent, whose connections end only when all of them is read.
 *
 * If a server closes the connection while a slow reader has its parser paused, undici 7 fails an
 * assertion in an event handler, which ends the process. Version 8 has mended it, but needs Node 22.
 *
 * @see https://github.com/nodejs/undici/issues/5360
 */
export function createConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  return endingWhenRead(buildConnector(options));
}

/** The same for a `connect` that something else has made, such as one through a proxy. */
export function endingWhenRead(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error === null) endWhenRead(socket);
      callback(...result);
    });
  };
}

/** Holds back the end of a connection until its reader asks for more, which it does not while paused. */
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
    // Node itself reads 0 bytes to keep the stream going.
    if (chunk === null && size !== 0 && isEndDue) {
      isEndDue = false;
      push(null);
    }
    return chunk;
  };
}
