import { leaked } from '../../output/leaked.ts';
import { Output } from '../../output/output.ts';
import { callableTools } from '../../prompt/render.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { newToolCallId } from '../../core/ids.ts';
import type { BackendKind } from '../../core/model.ts';
import { callLimit } from './call-limit.ts';
import { isCut } from './cuts.ts';

/** True if a backend's server separates thinking and calls from text, and may fail to. */
export function mayLeak(kind: BackendKind): boolean {
  return kind === 'openai' || kind === 'ollama';
}

/** A server's events with the thinking and the calls that it left in the text. */
export async function* readLeaked(
  events: AsyncIterable<GenerationEvent>,
  request: GenerationRequest,
): AsyncGenerator<GenerationEvent> {
  const continues = request.conversation.turns.at(-1)?.role === 'assistant';
  let output = outputOf(request, continues);
  let isUsed = false;
  const limit = callLimit(request);
  for await (const event of events) {
    switch (event.type) {
      case 'text-delta':
        isUsed = true;
        yield* limit(output.push(event.text));
        break;
      case 'admitted':
      case 'progress':
        yield event;
        break;
      case 'finish':
        yield* limit(output.end(isCut(event.reason)));
        yield event;
        break;
      default:
        // Another block begins, so the text before it is complete.
        if (isUsed) {
          yield* limit(output.end(false));
          output = outputOf(request, continues);
          isUsed = false;
        }
        yield* limit([event]);
    }
  }
}

function outputOf(request: GenerationRequest, continuesText: boolean): Output {
  const { conversation, toolChoice, outputSchema } = request;
  return new Output({
    format: leaked,
    thinkingOpen: false,
    continuesText,
    // An answer that has to be JSON may look like a call.
    tools: outputSchema === undefined ? callableTools(conversation, toolChoice) : [],
    stopSequences: [],
    newCallId: newToolCallId,
  });
}
