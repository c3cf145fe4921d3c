import type { ChildProcess } from 'node:child_process';
import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import { isLight, writeJson } from '../../../core/json-writer.ts';
import { inSlices, until } from '../../../core/steps.ts';
import type { Steps } from '../../../core/steps.ts';
import type { EngineCommand, EngineMessage } from './protocol.ts';
import { abortReason, raceAbort } from '../../../core/abort.ts';

/** Command of one call. */
export type CallCommand = Extract<EngineCommand, { readonly call: number }>;

/** Number of unread parts, of about 64 KB each, after which the server waits for the engine. */
const MOST_UNREAD = 8;

/**
 * Sends a command to an engine. A large command is sent in parts, because writing it at once would block the server.
 * Waits for an engine that does not read, because unread parts take memory.
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

/** Collects texts until there are enough to send. Returns true at the end. */
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

/** Sends a part. Resolves when it is in the pipe, or lost because the child has ended. */
function sendPart(child: ChildProcess, message: EngineMessage): Promise<void> {
  return new Promise((resolve) => {
    if (child.connected) child.send(message, () => resolve());
    else resolve();
  });
}

/** Sends a message. One to a child that has just ended is lost; its exit fails the calls. */
export function send(child: ChildProcess, message: EngineMessage): void {
  void sendPart(child, message);
}

/** Assembler of commands that arrive in parts. */
export class CommandParts {
  readonly #parts = new Map<number, string[]>();

  add(call: number, text: string): void {
    const parts = this.#parts.get(call) ?? [];
    parts.push(text);
    this.#parts.set(call, parts);
  }

  /** Returns true if a part of a command has arrived. */
  get isComing(): boolean {
    return this.#parts.size > 0;
  }

  drop(call: number): void {
    this.#parts.delete(call);
  }

  /** Returns a command after its last part. */
  complete(call: number): EngineCommand {
    const parts = this.#parts.get(call) ?? [];
    this.#parts.delete(call);
    const command: unknown = JSON.parse(parts.join(''));
    if (isCommand(command)) return command;
    throw new RuntimeFailure('internal', 'The server sent no command.');
  }
}

/** Narrows a parsed value. The server writes nothing else. */
function isCommand(value: unknown): value is EngineCommand {
  return isRecord(value) && 'type' in value;
}
