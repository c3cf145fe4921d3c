import type { GenerationEvent } from '../../core/events.ts';
import { citedBlock, compactionBlock } from './complete-blocks.ts';
import type { CompleteBlock } from './complete-blocks.ts';
import type { EncodeOptions } from './encode-options.ts';
import { concerns, EMPTY_TEXT, EMPTY_THINKING, emptyDelta, UniqueIds } from './open-block.ts';
import type { OpenBlock, OpenThinking } from './open-block.ts';
import { encodeResult, serverCallId } from './server-tools.ts';
import {
  endMessage,
  servedCall,
  startMessage,
  type BlockDelta,
  type ContentBlock,
  type StreamEvent,
} from './stream-events.ts';
import { parseToolInput } from './tool-input.ts';
import { append } from '../../core/lists.ts';
import { TextBuilder } from '../../core/text-builder.ts';

type EventOf<Type extends GenerationEvent['type']> = Extract<GenerationEvent, { type: Type }>;
type Finish = EventOf<'finish'>;

export interface MessageEncoder {
  push(event: GenerationEvent): readonly StreamEvent[];
  /** Returns an empty delta, for clients that time out despite pings. */
  life(): readonly StreamEvent[];
}

/** Creates an encoder whose output is a valid streamed message for any order of events. */
export function createEventEncoder(options: EncodeOptions): MessageEncoder {
  const encoder = new EventEncoder(options);
  return { push: (event) => encoder.push(event), life: () => encoder.life() };
}

class EventEncoder {
  readonly #options: EncodeOptions;
  readonly #ids = new UniqueIds();
  #phase: 'before' | 'open' | 'finished' = 'before';
  #index = -1;
  #block: OpenBlock | undefined;
  /** Events that wait for the end of the open tool call, because blocks never interleave. */
  #waiting: GenerationEvent[] = [];
  #hasToolCall = false;
  /** Client ids of calls that this server executes, by the model's id. */
  readonly #servedIds = new Map<string, string>();
  /** An empty text block is open before a call that is not shown yet. */
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

  /** Sends an empty delta in the open block, or in a new one of the kind that probably comes next. */
  #live(): void {
    const block = this.#block ?? (this.#options.thinks ? this.#openThinking() : this.#openText());
    const delta = emptyDelta(block);
    if (delta !== undefined) return this.#delta(delta);
    if (!this.#hasFiller) this.#show(EMPTY_TEXT);
    this.#hasFiller = true;
    this.#delta({ type: 'text_delta', text: '' });
  }

  #endFiller(): void {
    if (this.#hasFiller) this.#stop();
    this.#hasFiller = false;
  }

  #start(event: GenerationEvent): void {
    const { messageId, model, cacheLifetime = '5m' } = this.#options;
    const known = event.type === 'admitted' ? event : undefined;
    this.#out.push({
      type: 'message_start',
      message: startMessage(messageId, model, known, cacheLifetime),
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
      case 'cited-text':
        return this.#send(citedBlock(event));
      case 'thinking-delta':
        return this.#thinking(event.text);
      case 'tool-call-start':
        return this.#startCall(event.id, event.name);
      case 'tool-call-delta':
        return this.#extendCall(event.json);
      case 'tool-call-end':
        return this.#endCall();
      case 'server-tool-call':
        return this.#serverCall(event);
      case 'server-tool-result':
        return this.#serverResult(event);
      case 'compaction':
        return this.#send(compactionBlock(event));
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
    block.text.append(text);
    if (this.#options.thinkingDisplay === 'full') {
      this.#delta({ type: 'thinking_delta', thinking: text });
    }
  }

  #openThinking(): OpenThinking {
    return this.#open({ kind: 'thinking', text: new TextBuilder() }, EMPTY_THINKING);
  }

  #startCall(callId: string, name: string): void {
    this.#close();
    const id = this.#ids.of(callId);
    const start = { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } } as const;
    this.#block = { kind: 'tool', callId, start, json: new TextBuilder(), isShown: false };
  }

  #extendCall(json: string): void {
    if (json === '' || this.#block?.kind !== 'tool') return;
    this.#showCall();
    this.#block.json.append(json);
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

  #serverCall({ id: callId, name, mcpServer, input }: EventOf<'server-tool-call'>): void {
    const id = this.#ids.of(serverCallId(callId, mcpServer !== undefined));
    this.#servedIds.set(callId, id);
    const json = { type: 'input_json_delta', partial_json: JSON.stringify(input) } as const;
    this.#send({ start: servedCall(id, name, mcpServer), deltas: [json] });
  }

  /** Sends a result completely in the start event of its block, as the API does. */
  #serverResult({ callId, service, outcome }: EventOf<'server-tool-result'>): void {
    const id = this.#servedIds.get(callId) ?? serverCallId(callId);
    this.#send({ start: encodeResult(id, service, outcome), deltas: [] });
  }

  #finish(event: Finish): void {
    // Each iteration ends a cut-off call and sends the events that waited for it.
    while (this.#block?.kind === 'tool') this.#leaveCall();
    this.#close();
    append(this.#out, endMessage(event, this.#hasToolCall, this.#options.cacheLifetime ?? '5m'));
    this.#phase = 'finished';
  }

  #open<Block extends OpenBlock>(block: Block, start: ContentBlock): Block {
    this.#close();
    this.#block = block;
    this.#show(start);
    return block;
  }

  /** Sends a complete block. */
  #send({ start, deltas }: CompleteBlock): void {
    this.#close();
    this.#show(start);
    for (const delta of deltas) this.#delta(delta);
    this.#stop();
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
      this.#delta({ type: 'signature_delta', signature: this.#signature(block.text.toString()) });
    }
    if (block.kind === 'tool')
      this.#hasToolCall ||= parseToolInput(block.json.toString()) !== undefined;
    this.#stop();
  }

  #stop(): void {
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
