import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';

/** A request and its response. */
type Exchange = Parameters<RequestListener>;

/** Waiting requests of a connection before it is paused. A paused connection does not report a disconnect. */
const MOST_WAITING = 16;

/** Requests of all connections that are taken in one turn of the event loop; more only from the same packet. */
const MOST_TAKEN = 500;

/** Waiting requests of all connections whose answers begin in one turn of the event loop. */
const MOST_BEGUN = 50;

/** Queue of a connection's requests while an earlier one is answered. */
class Lane {
  readonly #socket: Socket;
  readonly #listener: RequestListener;
  readonly #turns: Turns;
  readonly #waiting: Exchange[] = [];
  #isBusy = false;

  constructor(socket: Socket, listener: RequestListener, turns: Turns) {
    this.#socket = socket;
    this.#listener = listener;
    this.#turns = turns;
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
    exchange[1].once('close', () => this.#turns.add(() => this.#goOn()));
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

/** Spreads work over turns of the event loop. */
class Turns {
  readonly #due: (() => void)[] = [];
  #isScheduled = false;

  add(work: () => void): void {
    this.#due.push(work);
    if (!this.#isScheduled) this.#schedule();
  }

  #schedule(): void {
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const due = this.#due.splice(0, MOST_BEGUN);
      if (this.#due.length > 0) this.#schedule();
      for (const work of due) work();
    });
  }
}

/**
 * Pauses the connections of a server until the next turn of the event loop if many requests came in this one.
 * Node takes all requests of a packet, so that hundreds of connections could bring a hundred thousand in a turn.
 */
class Intake {
  /** Open connections with their last request, whose body must not stay in memory until the next one. */
  readonly #open = new Map<Socket, WeakRef<IncomingMessage> | undefined>();
  #taken = 0;

  watch(socket: Socket): void {
    this.#open.set(socket, undefined);
    socket.once('close', () => this.#open.delete(socket));
  }

  take(request: IncomingMessage): void {
    this.#open.set(request.socket, new WeakRef(request));
    if (this.#taken === 0) setImmediate(() => (this.#taken = 0));
    this.#taken += 1;
    if (this.#taken === MOST_TAKEN) this.#pause();
  }

  #pause(): void {
    // Resuming a connection in mid-body would read more of a body that waits for memory.
    const paused = [...this.#open]
      .filter(([socket, last]) => !socket.isPaused() && last?.deref()?.complete !== false)
      .map(([socket]) => socket);
    for (const socket of paused) socket.pause();
    setImmediate(() => {
      for (const socket of paused) socket.resume();
    });
  }
}

/**
 * Handles the requests of each connection one after another. A client may send thousands in one packet, which
 * Node emits at once. While too many wait, the connection is paused.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
export function serveOneByOne(server: Server, listener: RequestListener): void {
  const lanes = new WeakMap<Socket, Lane>();
  const intake = new Intake();
  const turns = new Turns();
  server.on('connection', (socket: Socket) => intake.watch(socket));
  server.on('request', (request, response) => {
    const { socket } = request;
    let lane = lanes.get(socket);
    if (lane === undefined) lanes.set(socket, (lane = new Lane(socket, listener, turns)));
    intake.take(request);
    lane.take(request, response);
  });
}
