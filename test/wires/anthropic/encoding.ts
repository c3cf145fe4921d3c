import type { GenerationEvent, StopReason, Usage } from '../../../src/core/events.ts';
import {
  createStreamEncoder,
  type EncodeOptions,
  type StreamFrame,
} from '../../../src/wires/anthropic/encode-stream.ts';
import { seal } from './decoding.ts';

export const admitted: GenerationEvent = { type: 'admitted', inputTokens: 12 };

export const usage: Usage = {
  promptTokens: 12,
  cacheReadTokens: 7,
  cacheCreationTokens: 2,
  outputTokens: 5,
  thinkingTokens: 1,
};

export function finish(reason: StopReason, stopSequence: string | null = null): GenerationEvent {
  return { type: 'finish', reason, stopSequence, usage };
}

export function optionsWith(fields: Partial<EncodeOptions>): EncodeOptions {
  return {
    messageId: 'msg_1',
    model: 'claude-x',
    seal,
    thinkingDisplay: 'full',
    thinks: false,
    ...fields,
  };
}

/** Frames of a sequence of events. */
export function framesOf(
  events: readonly GenerationEvent[],
  options: EncodeOptions = optionsWith({}),
): readonly StreamFrame[] {
  const encoder = createStreamEncoder(options);
  return events.flatMap((event) => [...encoder.push(event)]);
}

export async function* asyncOf(
  events: readonly GenerationEvent[],
): AsyncGenerator<GenerationEvent> {
  yield* events;
}
