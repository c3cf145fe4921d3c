import { readTemplate } from '../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../src/backends/local/prompts/jinja.ts';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import { instructedRequest } from '../../src/prompt/instructed.ts';
import { renderPrompt } from '../../src/prompt/render.ts';
import type { PromptRequest } from '../../src/prompt/render.ts';
import { sharedLlama } from '../support/native-llama.ts';

const native = await sharedLlama();
const TOKENS = { bos: '<s>', eos: '</s>' };

/** Reads a template as the engine does. */
export function readSource(source: string, onFallback?: (reason: string) => void) {
  const render = createRenderer(bindingsOf(native.llama), source, onFallback);
  const reading = readTemplate(render, source, TOKENS);
  const template = { ...reading, ...TOKENS, control: new ControlTokens([]) };
  return {
    ...reading,
    /** Returns the prompt of a request, with the instructions that the engine adds. */
    prompt: (request: PromptRequest): string => {
      const asked = instructedRequest(request, reading.injection, false);
      return renderPrompt(template, asked)
        .stretches.map(({ text }) => text)
        .join('');
    },
  };
}
