import { RuntimeFailure } from '../../core/failure.ts';
import { TextBuilder } from '../../core/text-builder.ts';
import type { JsonObject } from '../../core/json.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { EncodeOptions } from './encode-options.ts';
import { createEventEncoder } from './event-encoder.ts';
import type { BlockDelta, ContentBlock, StartedMessage, StreamEvent } from './stream-events.ts';
import { parseToolInput } from './tool-input.ts';

/**
 * Encodes a complete Message as JSON text from the same events as a stream, so that both forms agree. Leaves out
 * a tool call with incomplete arguments, since no client could execute it. Rethrows errors of the events.
 *
 * @throws {backend-failed} if the events end without a finish
 */
export async function encodeMessage(
  events: AsyncIterable<GenerationEvent>,
  options: EncodeOptions,
): Promise<string> {
  const encoder = createEventEncoder(options);
  const collector = new MessageCollector();
  for await (const event of events) {
    for (const streamed of encoder.push(event)) collector.add(streamed);
  }
  return collector.message();
}

/** Assembles a Message from stream events, as clients do. */
class MessageCollector {
  /** JSON text of each block. */
  readonly #content: string[] = [];
  #message: StartedMessage | undefined;
  #block: ContentBlock | undefined;
  /** Text, thinking or arguments of the open block. */
  #text = new TextBuilder();
  #signature = '';
  #citations: JsonObject[] = [];
  /** Summary of the open block. */
  #summary: string | null = null;
  #end: Extract<StreamEvent, { type: 'message_delta' }> | undefined;

  add(event: StreamEvent): void {
    switch (event.type) {
      case 'message_start':
        this.#message = event.message;
        return;
      case 'content_block_start':
        this.#block = event.content_block;
        this.#text = new TextBuilder();
        this.#signature = '';
        this.#citations = [];
        return;
      case 'content_block_delta':
        this.#extend(event.delta);
        return;
      case 'content_block_stop':
        this.#keepBlock();
        return;
      case 'message_delta':
        this.#end = event;
        return;
      case 'message_stop':
        return;
      default:
        event satisfies never;
    }
  }

  #extend(delta: BlockDelta): void {
    switch (delta.type) {
      case 'text_delta':
        return this.#text.append(delta.text);
      case 'thinking_delta':
        return this.#text.append(delta.thinking);
      case 'input_json_delta':
        return this.#text.append(delta.partial_json);
      case 'signature_delta':
        this.#signature = delta.signature;
        return;
      case 'citations_delta':
        this.#citations.push(delta.citation);
        return;
      case 'compaction_delta':
        this.#summary = delta.content;
        return;
      default:
        return delta satisfies never;
    }
  }

  #keepBlock(): void {
    const block = this.#block;
    const text = this.#text.toString();
    this.#text = new TextBuilder();
    switch (block?.type) {
      case undefined:
        return;
      case 'text':
        this.#content.push(
          JSON.stringify({
            ...block,
            text,
            ...(block.citations && { citations: this.#citations }),
          }),
        );
        return;
      case 'thinking':
        this.#content.push(
          JSON.stringify({ ...block, thinking: text, signature: this.#signature }),
        );
        return;
      case 'compaction':
        this.#content.push(JSON.stringify({ ...block, content: this.#summary }));
        return;
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use': {
        const json = text || '{}';
        if (parseToolInput(json) !== undefined) this.#content.push(toJson(block, 'input', json));
        return;
      }
      default:
        this.#content.push(JSON.stringify(block));
    }
  }

  message(): string {
    const [message, end] = [this.#message, this.#end];
    if (message === undefined || end === undefined) {
      throw new RuntimeFailure(
        'backend-failed',
        'The backend ended its answer without finishing it. Send the request again.',
      );
    }
    const { delta, usage, context_management } = end;
    const whole = {
      ...message,
      ...delta,
      ...(context_management && { context_management }),
      usage: { ...message.usage, ...usage },
    };
    return toJson(whole, 'content', `[${this.#content.join(',')}]`);
  }
}

/** JSON text of an object with one member that is JSON text. The member is not parsed, since large numbers would lose digits. */
function toJson(object: object, member: string, json: string): string {
  const members = Object.entries(object).map(
    ([key, value]) => `${JSON.stringify(key)}:${key === member ? json : JSON.stringify(value)}`,
  );
  return `{${members.join(',')}}`;
}
