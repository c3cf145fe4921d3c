import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** A request and its response. */
type Exchange = Parameters<RequestListener>;

/** Waiting requests of a connection before it is paused. A paused connection does not report a disconnect. */
const MOST_WAITING = 16;

/** Queue of a connection's requests while an earlier one is answered. */
class Lane {
  readonly #socket: Socket;
  readonly #listener: RequestListener;
  readonly #waiting: Exchange[] = [];
  #isBusy = false;

  constructor(socket: Socket, listener: RequestListener) {
    this.#socket = socket;
    this.#listener = listener;
    // Node resumes a connection after each message.
    socket.on('resume', () => this.#pauseIfFull());
  }

  take(...exchange: Exchange): void {
    if (!this.#isBusy) return this.#answer(exchange);
    this.#waiting.push(exchange);
    this.#pauseIfFull();
  }

  #pauseIfFull(): void {
    if (this.#waiting.length >= MOST_WAITING) this.#socket.pause();
  }

  #answer(exchange: Exchange): void {
    this.#isBusy = true;
    // Other connections are served between two requests of this one.
    exchange[1].once('close', () => setImmediate(() => this.#goOn()));
    this.#listener(...exchange);
  }

  #goOn(): void {
    this.#isBusy = false;
    if (this.#socket.destroyed) return;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#answer(next);
    if (this.#waiting.length < MOST_WAITING) this.#socket.resume();
  }
}

/**
 * Handles the requests of each connection one after another. A client may send thousands in one packet, which
 * Node emits at once. While too many wait, the connection is paused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
export function oneByOne(listener: RequestListener): RequestListener {
  const lanes = new WeakMap<Socket, Lane>();
  return (request, response) => {
    const { socket } = request;
    let lane = lanes.get(socket);
    if (lane === undefined) lanes.set(socket, (lane = new Lane(socket, listener)));
    lane.take(request, response);
  };
}
