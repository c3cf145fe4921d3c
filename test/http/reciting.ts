import type { GenerationRequest } from '../../src/core/backend.ts';
import type { Script } from '../support/scripted-backend.ts';

/** A model that writes the text it is given, in small pieces, and keeps its requests. */
export function reciting() {
  const asked: GenerationRequest[] = [];
  let text = '';
  const script: Script = async function* (request) {
    asked.push(request);
    for (const piece of text.match(/[^]{1,3}/gu) ?? []) yield { type: 'text-delta', text: piece };
    yield {
      type: 'finish',
      reason: 'end-turn',
      stopSequence: null,
      usage: {
        promptTokens: 10,
        cacheReadTokens: 0,
        cacheCreationTokens: 0,
        outputTokens: text.length,
        thinkingTokens: 0,
      },
    };
  };
  return { script, asked, say: (said: string) => void (text = said) };
}
