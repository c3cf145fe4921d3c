import { createHash } from 'node:crypto';
import { placeDeferredTools } from '../../prompt/deferred.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { Part, Turn } from '../../core/conversation.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { TimeSlice } from './model/time-slice.ts';

/** Limit of cached tokens, or characters, of all conversations: 16 MiB at 8 bytes each. */
const KEPT = 2 ** 21;

/** Written tokens or text up to the end of an answer, and the index of its turn. */
export interface Transcript<Written> {
  readonly answer: number;
  readonly written: Written;
}

/** Content of an answer, independent of the blocks in which a client sends it back. */
interface Said {
  readonly thinking: string;
  readonly text: string;
  readonly calls: readonly unknown[];
  readonly others: readonly Part[];
}

/**
 * Cache of conversations as they were evaluated, in tokens or in text. The text of an answer is not always rendered
 * as written, nor encoded to the same tokens, so a newly rendered prompt would differ from the slot's state at
 * every answer.
 */
export class Transcripts<Written extends { readonly length: number }> {
  /** Transcripts by a hash of the conversation up to an answer; the least recently used first. */
  readonly #kept = new Map<string, Written>();
  #size = 0;
  readonly #limit: number;

  /** @param limit limit of the total `length` */
  constructor(limit = KEPT) {
    this.#limit = limit;
  }

  /** Caches a prompt with its complete answer. Throws the signal's reason. */
  async keep(
    request: GenerationRequest,
    written: Written,
    events: readonly GenerationEvent[],
    signal: AbortSignal,
  ): Promise<void> {
    const [key] = (await keysOf(request, signal, JSON.stringify(saidBy(events)))).slice(-1);
    if (key !== undefined) this.restore(key, written);
  }

  /** Returns all transcripts, by the keys of the conversations. */
  entries(): Iterable<readonly [string, Written]> {
    return this.#kept.entries();
  }

  /** Caches a transcript by the key of its conversation. */
  restore(key: string, written: Written): void {
    this.#drop(key);
    this.#kept.set(key, written);
    this.#size += written.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.#limit) return;
      this.#drop(oldest);
    }
  }

  /** Finds the known answers of a conversation, the last one first. Throws the signal's reason. */
  async find(
    request: GenerationRequest,
    signal: AbortSignal,
  ): Promise<readonly Transcript<Written>[]> {
    if (this.#kept.size === 0) return [];
    const keys = await keysOf(request, signal);
    const found: Transcript<Written>[] = [];
    // A last turn of the assistant is continued, so it has no end.
    for (let answer = keys.length - 2; answer > 0; answer--) {
      const key = keys[answer] ?? '';
      const written = this.#kept.get(key);
      if (written === undefined) continue;
      this.#kept.delete(key);
      this.#kept.set(key, written);
      found.push({ answer, written });
    }
    return found;
  }

  #drop(key: string): void {
    this.#size -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}

/** Computes one key per turn, from everything that the prompt up to its end depends on. */
async function keysOf(
  request: GenerationRequest,
  signal: AbortSignal,
  answer?: string,
): Promise<readonly string[]> {
  const { conversation, thinking, effort, toolChoice } = request;
  const { system, tools, turns } = placeDeferredTools(conversation);
  const hash = createHash('sha256');
  hash.update(JSON.stringify([system, tools, thinking, effort, toolChoice.mode === 'none']));
  const slice = new TimeSlice(signal);
  const keys: string[] = [];
  const add = (role: Turn['role'], text: string) => {
    keys.push(
      hash
        .update(JSON.stringify([role, text]))
        .copy()
        .digest('base64'),
    );
  };
  for (const turn of turns) {
    add(turn.role, turnText(turn));
    await slice.pause();
  }
  if (answer !== undefined) add('assistant', answer);
  return keys;
}

function turnText({ role, parts }: Turn): string {
  return JSON.stringify(role === 'assistant' ? saidIn(parts) : parts);
}

/** Content of parts. Clients may split blocks and trim white space. */
function saidIn(parts: readonly Part[]): Said {
  const texts = { thinking: '', text: '' };
  const calls: unknown[] = [];
  const others: Part[] = [];
  for (const part of parts) {
    if (part.kind === 'text' || part.kind === 'thinking') texts[part.kind] += part.text;
    else if (part.kind === 'tool-call') calls.push([part.id, part.name, sorted(part.input)]);
    else others.push(part);
  }
  return { thinking: texts.thinking.trim(), text: texts.text.trim(), calls, others };
}

function saidBy(events: readonly GenerationEvent[]): Said {
  const texts = { thinking: '', text: '' };
  const calls = new Map<string, { name: string; json: string }>();
  for (const event of events) {
    if (event.type === 'text-delta') texts.text += event.text;
    else if (event.type === 'thinking-delta') texts.thinking += event.text;
    else if (event.type === 'tool-call-start') calls.set(event.id, { name: event.name, json: '' });
    else if (event.type === 'tool-call-delta') {
      const call = calls.get(event.id);
      if (call !== undefined) call.json += event.json;
    }
  }
  return {
    thinking: texts.thinking.trim(),
    text: texts.text.trim(),
    calls: [...calls].map(([id, { name, json }]) => [
      id,
      name,
      sorted(parseJson(json === '' ? '{}' : json)),
    ]),
    others: [],
  };
}

/** Sorts keys, because clients may change their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => sorted(item));
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}
