import type { EngineCommand, EngineReply } from './protocol.ts';

/** Observes the messages between the server and an engine, and may end the engine. */
export interface EngineWatch {
  /** Notes the start of a child process. `end` ends it at once; `how` is the reason, such as `hung`. */
  started(end: (how: string) => void): void;
  sent(command: EngineCommand): void;
  heard(reply: EngineReply): void;
  /** Notes the end of the child process. */
  ended(): void;
}

/** Joins several watches into one. */
export function joinWatches(...watches: readonly EngineWatch[]): EngineWatch {
  return {
    started: (end) => watches.forEach((watch) => watch.started(end)),
    sent: (command) => watches.forEach((watch) => watch.sent(command)),
    heard: (reply) => watches.forEach((watch) => watch.heard(reply)),
    ended: () => watches.forEach((watch) => watch.ended()),
  };
}
