import type { GenerationRequest } from '../../src/core/backend.ts';
import type { ToolResultPart } from '../../src/core/conversation.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { newToolCallId } from '../../src/core/ids.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** A piece of what a scripted model answers. */
export type Said = string | { readonly call: string; readonly input: JsonObject };

/** The events of a whole answer, each call in pieces as models write them. */
export function* answering(...pieces: readonly Said[]): Generator<GenerationEvent> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield { type: 'text-delta', text: piece };
    else yield* calling(piece.call, JSON.stringify(piece.input));
  }
  const calls = pieces.some((piece) => typeof piece !== 'string');
  yield {
    type: 'finish',
    reason: calls ? 'tool-use' : 'end-turn',
    stopSequence: null,
    usage: {
      promptTokens: 10,
      cacheReadTokens: 0,
      cacheCreationTokens: 0,
      outputTokens: 5,
      thinkingTokens: 0,
    },
  };
}

function* calling(name: string, json: string): Generator<GenerationEvent> {
  const id = newToolCallId();
  yield { type: 'tool-call-start', id, name };
  for (let at = 0; at < json.length; at += 7) {
    yield { type: 'tool-call-delta', id, json: json.slice(at, at + 7) };
  }
  yield { type: 'tool-call-end', id };
}

/** The results of calls in a conversation, in their order. */
export function resultsIn({ conversation }: GenerationRequest): readonly ToolResultPart[] {
  return conversation.turns
    .flatMap(({ parts }) => parts)
    .filter((part) => part.kind === 'tool-result');
}

/** All text of the conversation, system texts left out. */
export function textIn({ conversation }: GenerationRequest): string {
  return conversation.turns
    .flatMap(({ parts }) => parts)
    .map((part) => (part.kind === 'text' ? part.text : ''))
    .join('\n');
}
