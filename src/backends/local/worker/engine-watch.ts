import type { EngineCommand, EngineReply } from './protocol.ts';

/** Follows what is said between the server and an engine, and may end the engine. */
export interface EngineWatch {
  /** A child process was started; `end` ends it at once, and says why in `how`, such as `it hung`. */
  started(end: (how: string) => void): void;
  sent(command: EngineCommand): void;
  heard(reply: EngineReply): void;
  /** The child process is gone. */
  ended(): void;
}

/** One watch that informs several. */
export function joinWatches(...watches: readonly EngineWatch[]): EngineWatch {
  return {
    started: (end) => watches.forEach((watch) => watch.started(end)),
    sent: (command) => watches.forEach((watch) => watch.sent(command)),
    heard: (reply) => watches.forEach((watch) => watch.heard(reply)),
    ended: () => watches.forEach((watch) => watch.ended()),
  };
}
