import type { ChildProcess } from 'node:child_process';
import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import { isLight, writeJson } from '../../../core/json-writer.ts';
import { inSlices, until } from '../../../core/steps.ts';
import type { Steps } from '../../../core/steps.ts';
import type { EngineCommand, EngineMessage } from './protocol.ts';
import { abortReason, raceAbort } from '../../../core/queue.ts';

/** A command of one call. */
export type CallCommand = Extract<EngineCommand, { readonly call: number }>;

/** Parts of about 64 KB each that are sent before the engine has to have read them. */
const MOST_UNREAD = 8;

/**
 * Sends a command to an engine. A large one goes in parts: to write all of it at once would hold the
 * server up. Waits for an engine that does not read, since the parts would take memory until it does.
 *
 * @throws the signal's reason, if it aborts before all parts are sent
 */
export async function sendCommand(
  child: ChildProcess,
  command: CallCommand,
  signal: AbortSignal,
): Promise<void> {
  if (isLight(command)) {
    send(child, command);
    return;
  }
  const { call } = command;
  const texts: string[] = [];
  const writing = writeJson(command, (text) => texts.push(text));
  for (let isWritten = false; !isWritten;) {
    isWritten = await someOf(writing, texts, signal);
    const sent = texts.splice(0).map((text) => sendPart(child, { type: 'part', call, text }));
    await raceAbort(Promise.all(sent), signal);
  }
  send(child, { type: 'whole', call });
}

/** Writes on until there are enough texts to send. Returns true if all is written. */
async function someOf(
  writing: Steps<void>,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await inSlices(
      until(writing, () => texts.length >= MOST_UNREAD),
      signal,
    );
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  }
}

/** Resolves when a message is in the pipe to the child, or lost because the child has died. */
function sendPart(child: ChildProcess, message: EngineMessage): Promise<void> {
  return new Promise((resolve) => {
    if (child.connected) child.send(message, () => resolve());
    else resolve();
  });
}

/** A message to a child that has just died is lost; its exit fails the calls. */
export function send(child: ChildProcess, message: EngineMessage): void {
  void sendPart(child, message);
}

/** Commands that come in parts, put together again. */
export class CommandParts {
  readonly #parts = new Map<number, string[]>();

  add(call: number, text: string): void {
    const parts = this.#parts.get(call) ?? [];
    parts.push(text);
    this.#parts.set(call, parts);
  }

  /** True if a command has begun to come. */
  get isComing(): boolean {
    return this.#parts.size > 0;
  }

  drop(call: number): void {
    this.#parts.delete(call);
  }

  /** The command whose parts have all come. */
  complete(call: number): EngineCommand {
    const parts = this.#parts.get(call) ?? [];
    this.#parts.delete(call);
    const command: unknown = JSON.parse(parts.join(''));
    if (isCommand(command)) return command;
    throw new RuntimeFailure('internal', 'The server sent no command.');
  }
}

/** The server writes nothing else. */
function isCommand(value: unknown): value is EngineCommand {
  return isRecord(value) && 'type' in value;
}
