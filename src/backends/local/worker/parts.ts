import type { ChildProcess } from 'node:child_process';
import { RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import { isLight, writeJson } from '../../../core/json-writer.ts';
import { inSlices } from '../../../core/steps.ts';
import type { EngineCommand, EngineMessage } from './protocol.ts';
import { abortReason } from '../../../core/queue.ts';

/** A command of one call. */
export type CallCommand = Extract<EngineCommand, { readonly call: number }>;

/**
 * Sends a command to an engine. A large one goes in parts: to write all of it at once would hold the
 * server up. Throws the signal's reason if it aborts before all parts are sent.
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
  const writing = writeJson(command, (text) => send(child, { type: 'part', call, text }));
  try {
    await inSlices(writing, signal);
  } catch (error) {
    throw signal.aborted ? abortReason(signal) : error;
  }
  send(child, { type: 'whole', call });
}

/** A message to a child that has just died is lost; its exit fails the calls. */
export function send(child: ChildProcess, message: EngineMessage): void {
  if (child.connected) child.send(message, () => undefined);
}

/** Commands that come in parts, put together again. */
export class CommandParts {
  readonly #parts = new Map<number, string[]>();

  add(call: number, text: string): void {
    const parts = this.#parts.get(call) ?? [];
    parts.push(text);
    this.#parts.set(call, parts);
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
