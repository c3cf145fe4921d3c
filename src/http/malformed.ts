import { STATUS_CODES } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RuntimeFailure } from '../core/failure.ts';
import { newRequestId } from '../core/ids.ts';
import { isRecord } from '../core/json.ts';
import type { FailureAnswer, Wire } from '../wires/wire.ts';

/** Time in which a client reads the answer before its connection is closed. */
const LINGER_MS = 1000;

/**
 * Answers requests that Node's HTTP parser refuses. Node itself would answer them without a body, so that clients
 * could not show the reason.
 */
export function answerMalformed(server: Server, wire: Wire): void {
  const answers = new WeakMap<Socket, ServerResponse>();
  server.on('request', ({ socket }, response) => answers.set(socket, response));
  server.on('clientError', (error, socket: Socket) => {
    const isAnswering = answers.get(socket)?.writableFinished === false;
    const hasLeft = codeOf(error) === 'ECONNRESET' || !socket.writable;
    // An answer in the middle of another one would be read as a part of it.
    if (isAnswering || hasLeft) socket.destroy(error);
    else endWith(socket, toText(wire.encodeFailure(failureOf(error), newRequestId())));
  });
}

/** Sends the answer, and closes the connection even if the client does not. Node would wait for 90 s. */
function endWith(socket: Socket, answer: string): void {
  socket.end(answer);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}

function codeOf(error: unknown): unknown {
  return isRecord(error) ? error['code'] : undefined;
}

function failureOf(error: Error): RuntimeFailure {
  switch (codeOf(error)) {
    case 'HPE_HEADER_OVERFLOW':
      return new RuntimeFailure(
        'headers-too-large',
        'The headers of the request have more than 16 KB. Send fewer or shorter ones.',
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new RuntimeFailure(
        'request-timeout',
        'The request did not arrive completely in time. Send it again.',
      );
    default:
      return new RuntimeFailure(
        'invalid-request',
        `The request is not valid HTTP (${error.message}). Portico speaks plain HTTP: use an address that begins with http://.`,
      );
  }
}

function toText({ status, headers, body }: FailureAnswer): string {
  const text = JSON.stringify(body);
  const fields = {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`;
}
