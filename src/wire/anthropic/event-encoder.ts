import type { GenerationEvent } from '../../core/events.ts';
import { EMPTY_TEXT, emptyDelta, type OpenBlock, type OpenThinking } from './open-block.ts';
import type { ThinkingSeal } from './signature.ts';
import {
  encodeStopReason,
  encodeUsage,
  startMessage,
  type BlockDelta,
  type ContentBlock,
  type StreamEvent,
} from './stream-events.ts';
import { parseToolInput } from './tool-input.ts';

export interface EncodeOptions {
  readonly messageId: string;
  /** The name that the request asked for. */
  readonly model: string;
  readonly seal: ThinkingSeal;
  /** `omitted`: the client gets no thinking, only a signature with the thinking sealed inside. */
  readonly thinkingDisplay: 'full' | 'omitted';
  /** Whether the model may think, so that an answer may well begin with thinking. */
  readonly thinks: boolean;
}

type Finish = Extract<GenerationEvent, { type: 'finish' }>;

export interface MessageEncoder {
  push(event: GenerationEvent): readonly StreamEvent[];
  /** A delta that says nothing, for clients that take no ping for a sign of life. */
  life(): readonly StreamEvent[];
}

/** The grammar of a streamed message as a machine that no order of events can break. */
export function createEventEncoder(options: EncodeOptions): MessageEncoder {
  const encoder = new EventEncoder(options);
  return { push: (event) => encoder.push(event), life: () => encoder.life() };
}

class EventEncoder {
  readonly #options: EncodeOptions;
  readonly #usedIds = new Set<string>();
  #phase: 'before' | 'open' | 'finished' = 'before';
  #index = -1;
  #block: OpenBlock | undefined;
  /** What has to wait until the open tool call ends, because blocks never interleave. */
  #waiting: GenerationEvent[] = [];
  #hasToolCall = false;
  /** An empty text is open in front of a call that is not shown yet. */
  #hasFiller = false;
  #out: StreamEvent[] = [];

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  push(event: GenerationEvent): readonly StreamEvent[] {
    this.#out = [];
    if (this.#phase === 'before') this.#start(event);
    if (this.#phase === 'open') this.#take(event);
    return this.#out;
  }

  life(): readonly StreamEvent[] {
    this.#out = [];
    if (this.#phase === 'open') this.#live();
    return this.#out;
  }

  /** In the block that is open; else in one that what comes next is likely to fill. */
  #live(): void {
    const block = this.#block ?? (this.#options.thinks ? this.#openThinking() : this.#openText());
    const delta = emptyDelta(block);
    if (delta !== undefined) return this.#delta(delta);
    if (!this.#hasFiller) this.#show(EMPTY_TEXT);
    this.#hasFiller = true;
    this.#delta({ type: 'text_delta', text: '' });
  }

  #endFiller(): void {
    if (this.#hasFiller) this.#out.push({ type: 'content_block_stop', index: this.#index });
    this.#hasFiller = false;
  }

  #start(event: GenerationEvent): void {
    const { messageId, model } = this.#options;
    const inputTokens = event.type === 'admitted' ? event.inputTokens : null;
    this.#out.push({
      type: 'message_start',
      message: startMessage(messageId, model, inputTokens),
    });
    this.#phase = 'open';
  }

  #take(event: GenerationEvent): void {
    if (event.type === 'finish') return this.#finish(event);
    if (this.#block?.kind === 'tool' && !concerns(event, this.#block.callId)) {
      this.#waiting.push(event);
      return;
    }
    switch (event.type) {
      case 'admitted':
      case 'progress':
        return;
      case 'text-delta':
        return this.#text(event.text);
      case 'thinking-delta':
        return this.#thinking(event.text);
      case 'tool-call-start':
        return this.#startCall(event.id, event.name);
      case 'tool-call-delta':
        return this.#extendCall(event.json);
      case 'tool-call-end':
        return this.#endCall();
      default:
        return event satisfies never;
    }
  }

  #text(text: string): void {
    if (text === '') return;
    if (this.#block?.kind !== 'text') this.#openText();
    this.#delta({ type: 'text_delta', text });
  }

  #openText(): OpenBlock {
    return this.#open({ kind: 'text' }, EMPTY_TEXT);
  }

  #thinking(text: string): void {
    if (text === '') return;
    const block = this.#block?.kind === 'thinking' ? this.#block : this.#openThinking();
    block.text += text;
    if (this.#options.thinkingDisplay === 'full') {
      this.#delta({ type: 'thinking_delta', thinking: text });
    }
  }

  #openThinking(): OpenThinking {
    const start = { type: 'thinking', thinking: '', signature: '' } as const;
    return this.#open({ kind: 'thinking', text: '' }, start);
  }

  #startCall(callId: string, name: string): void {
    this.#close();
    const id = this.#unusedId(callId);
    const start = { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } } as const;
    this.#block = { kind: 'tool', callId, start, json: '', isShown: false };
  }

  /** Two calls of one id could never be answered: clients and servers pair results by it. */
  #unusedId(callId: string): string {
    let id = callId;
    for (let copy = 2; this.#usedIds.has(id); copy += 1) id = `${callId}_${copy}`;
    this.#usedIds.add(id);
    return id;
  }

  #extendCall(json: string): void {
    if (json === '' || this.#block?.kind !== 'tool') return;
    this.#showCall();
    this.#block.json += json;
    this.#delta({ type: 'input_json_delta', partial_json: json });
  }

  #showCall(): void {
    if (this.#block?.kind !== 'tool' || this.#block.isShown) return;
    this.#block.isShown = true;
    this.#endFiller();
    this.#show(this.#block.start);
  }

  #endCall(): void {
    if (this.#block?.kind !== 'tool') return;
    this.#showCall();
    this.#leaveCall();
  }

  #leaveCall(): void {
    this.#close();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const event of waiting) this.#take(event);
  }

  #finish(event: Finish): void {
    // Each round ends a call that was cut off, and lets out what waited for it.
    while (this.#block?.kind === 'tool') this.#leaveCall();
    this.#close();
    const cutCall = event.reason === 'tool-use' && !this.#hasToolCall;
    this.#out.push(
      {
        type: 'message_delta',
        delta: {
          stop_reason: encodeStopReason(cutCall ? 'end-turn' : event.reason),
          stop_sequence: event.reason === 'stop-sequence' ? event.stopSequence : null,
          stop_details: null,
          container: null,
        },
        usage: encodeUsage(event.usage),
      },
      { type: 'message_stop' },
    );
    this.#phase = 'finished';
  }

  #open<Block extends OpenBlock>(block: Block, start: ContentBlock): Block {
    this.#close();
    this.#block = block;
    this.#show(start);
    return block;
  }

  #show(start: ContentBlock): void {
    this.#index += 1;
    this.#out.push({ type: 'content_block_start', index: this.#index, content_block: start });
  }

  #close(): void {
    const block = this.#block;
    this.#block = undefined;
    this.#endFiller();
    if (block === undefined || (block.kind === 'tool' && !block.isShown)) return;
    if (block.kind === 'thinking') {
      this.#delta({ type: 'signature_delta', signature: this.#signature(block.text) });
    }
    if (block.kind === 'tool') this.#hasToolCall ||= parseToolInput(block.json) !== undefined;
    this.#out.push({ type: 'content_block_stop', index: this.#index });
  }

  #signature(thinking: string): string {
    const { seal, thinkingDisplay } = this.#options;
    return thinkingDisplay === 'omitted' ? seal.seal(thinking) : seal.sign(thinking);
  }

  #delta(delta: BlockDelta): void {
    this.#out.push({ type: 'content_block_delta', index: this.#index, delta });
  }
}

function concerns(event: GenerationEvent, callId: string): boolean {
  return (
    (event.type === 'tool-call-delta' || event.type === 'tool-call-end') && event.id === callId
  );
}
