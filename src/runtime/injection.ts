import { callsAsText, injectedFormat, injectInstructions, plainInjection } from '../chat/inject.ts';
import type { Injection } from '../chat/inject.ts';
import { plain } from '../chat/formats/plain.ts';
import { Output } from '../chat/output.ts';
import { callableTools } from '../chat/render.ts';
import type { Capabilities, GenerationRequest } from '../core/backend.ts';
import type { GenerationEvent } from '../core/events.ts';
import { newToolCallId } from '../core/ids.ts';
import { isCut } from './cuts.ts';

/** What a request needs that the model behind a backend does not have; undefined where it has all. */
export function neededInjection(
  request: GenerationRequest,
  can: Capabilities,
): Injection | undefined {
  const { conversation, toolChoice, thinking } = request;
  const called = conversation.turns.some(({ parts }) =>
    parts.some(({ kind }) => kind === 'tool-call' || kind === 'tool-result'),
  );
  const tools =
    can.tools === 'none' && (called || callableTools(conversation, toolChoice).length > 0);
  const thinks = can.thinking === 'none' && thinking.mode === 'enabled';
  return tools || thinks ? plainInjection(tools, thinks) : undefined;
}

/** The request as the backend gets it: tools and calls of the past as text, thinking asked for in words. */
export function injectRequest(request: GenerationRequest, injection: Injection): GenerationRequest {
  const { conversation, toolChoice, thinking } = request;
  const tools = callableTools(conversation, toolChoice);
  const thinks = thinking.mode === 'enabled';
  const instructed = injectInstructions(conversation, injection, tools, thinks);
  return {
    ...request,
    conversation: injection.tools ? callsAsText(instructed) : instructed,
    toolChoice: injection.tools ? { mode: 'none' } : toolChoice,
    thinking: injection.thinking ? { mode: 'disabled' } : thinking,
  };
}

/** The backend's events with calls and thinking read out of the text. */
export async function* readInjected(
  events: AsyncIterable<GenerationEvent>,
  request: GenerationRequest,
  injection: Injection,
): AsyncGenerator<GenerationEvent> {
  const { conversation, toolChoice } = request;
  const output = new Output({
    format: injectedFormat(plain, injection),
    thinkingOpen: false,
    continuesText: conversation.turns.at(-1)?.role === 'assistant',
    tools: injection.tools ? callableTools(conversation, toolChoice) : [],
    stopSequences: [],
    newCallId: newToolCallId,
  });
  const one = toolChoice.mode !== 'none' && !toolChoice.parallel;
  for await (const event of events) {
    const enough = one && output.calls > 0;
    if (event.type === 'text-delta') {
      if (!enough) yield* output.push(event.text);
    } else if (event.type === 'finish') {
      if (!enough) yield* output.end(isCut(event.reason));
      const called = output.calls > 0 && event.reason === 'end-turn';
      yield called ? { ...event, reason: 'tool-use' } : event;
    } else yield event;
  }
}
