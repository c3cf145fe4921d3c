import { RuntimeFailure } from '../../core/failure.ts';
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
  #inputJson = '';
  #end: Extract<StreamEvent, { type: 'message_delta' }> | undefined;

  add(event: StreamEvent): void {
    switch (event.type) {
      case 'message_start':
        this.#message = event.message;
        return;
      case 'content_block_start':
        this.#block = event.content_block;
        this.#inputJson = '';
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
    if (delta.type === 'input_json_delta') this.#inputJson += delta.partial_json;
    else if (this.#block !== undefined) this.#block = extended(this.#block, delta);
  }

  #keepBlock(): void {
    const block = this.#block;
    if (block === undefined) return;
    if (block.type !== 'tool_use' && block.type !== 'server_tool_use') {
      this.#content.push(JSON.stringify(block));
      return;
    }
    const json = this.#inputJson || '{}';
    if (parseToolInput(json) !== undefined) this.#content.push(toJson(block, 'input', json));
  }

  message(): string {
    const [message, end] = [this.#message, this.#end];
    if (message === undefined || end === undefined) {
      throw new RuntimeFailure(
        'backend-failed',
        'The backend ended its answer without finishing it. Send the request again.',
      );
    }
    const whole = { ...message, ...end.delta, usage: { ...message.usage, ...end.usage } };
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

type TextualDelta = Exclude<BlockDelta, { type: 'input_json_delta' }>;

function extended(block: ContentBlock, delta: TextualDelta): ContentBlock {
  if (block.type === 'text' && delta.type === 'text_delta') {
    return { ...block, text: block.text + delta.text };
  }
  if (block.type === 'thinking' && delta.type === 'thinking_delta') {
    return { ...block, thinking: block.thinking + delta.thinking };
  }
  if (block.type === 'thinking' && delta.type === 'signature_delta') {
    return { ...block, signature: delta.signature };
  }
  return block;
}
