import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askActor, CALLING_SERVERS, startOllama } from '../support/calling-servers.ts';
import type { CallingServer } from '../support/calling-servers.ts';

const LOOK: Anthropic.Tool = {
  name: 'look',
  description: 'Looks at something',
  input_schema: { type: 'object', properties: { at: { type: 'string' } } },
};

const CALL = '<tool_call>\n{"name": "look", "arguments": {"at": "a STOP b"}}\n</tool_call>';
const LOOKED = { type: 'tool_use', name: 'look', input: { at: 'a STOP b' } };

const SERVERS = {
  injection: CALLING_SERVERS.injection,
  'Ollama with a model without tools': () => startOllama(['completion']),
  'an OpenAI server that leaks calls': CALLING_SERVERS['an OpenAI server'],
  'an Ollama server that leaks calls': CALLING_SERVERS['an Ollama server'],
};

describe.each(Object.entries(SERVERS))('a stop sequence in the text of %s', (_name, start) => {
  let server: CallingServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  describe.each([
    ['streamed', true],
    ['not streamed', false],
  ])('%s', (_how, streamed) => {
    const answer = async (text: string) => {
      const asked = server.play({ text });
      const message = await askActor(server.url, streamed, [LOOK], undefined, ['STOP']);
      // Ollama is asked for one token first, which counts the prompt.
      return { ...message, asked: asked.filter((body) => !/"num_predict":1[,}]/.test(body)) };
    };

    it('ends the text, and the request to the server', async () => {
      const text = `One, two STOP ${'and so on '.repeat(500)}`;
      const { content, stop_reason: reason, stop_sequence: met, usage } = await answer(text);
      expect(content).toMatchObject([{ type: 'text', text: 'One, two ' }]);
      expect([reason, met]).toEqual(['stop_sequence', 'STOP']);
      expect(usage.output_tokens).toBeLessThan(100);
    });

    it('does not count inside the arguments of a call', async () => {
      const { content, stop_reason: reason, asked } = await answer(`I look. ${CALL}`);
      expect(content).toMatchObject([{ type: 'text', text: 'I look.' }, LOOKED]);
      expect(reason).toBe('tool_use');
      expect(asked).toHaveLength(1);
    });

    it('counts in what only resembles a call', async () => {
      const { content, stop_reason: reason } = await answer('Use <tool_call>STOP there.');
      expect(content).toMatchObject([{ type: 'text', text: 'Use <tool_call>' }]);
      expect(reason).toBe('stop_sequence');
    });

    it('does not count inside of thinking that a server leaves in the text', async () => {
      const { content } = await answer('<think>a STOP b</think>Yes.');
      const thinking = { type: 'thinking', thinking: 'a STOP b' };
      expect(content).toMatchObject([thinking, { type: 'text', text: 'Yes.' }]);
    });
  });
});
