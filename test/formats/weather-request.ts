import type { PromptRequest } from '../../src/prompt/render.ts';
import { TOOLS } from './scenarios.ts';

/** Conversation with a question, a call of `get_weather` and its result. */
export function weatherRequest(system: PromptRequest['conversation']['system']): PromptRequest {
  return {
    conversation: {
      system,
      turns: [
        { role: 'user', parts: [{ kind: 'text', text: 'Ask.' }] },
        {
          role: 'assistant',
          parts: [
            { kind: 'tool-call', id: 'call_1', name: 'get_weather', input: { city: 'Paris' } },
          ],
        },
        {
          role: 'user',
          parts: [
            {
              kind: 'tool-result',
              callId: 'call_1',
              output: [{ kind: 'text', text: 'Sunny.' }],
              isError: false,
            },
          ],
        },
      ],
      tools: TOOLS.map((tool) => ({
        ...tool,
        description: '',
        origin: { kind: 'custom' },
        deferred: false,
      })),
    },
    toolChoice: { mode: 'auto', parallel: true },
    thinking: { mode: 'disabled' },
  };
}
