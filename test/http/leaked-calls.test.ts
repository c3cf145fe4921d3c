import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askActor, CALLING_SERVERS } from '../support/calling-servers.ts';
import type { CallingServer } from '../support/calling-servers.ts';
import { LEAKED_CALLS, LIKE_CALLS } from '../support/leaked-texts.ts';

const LOOK: Anthropic.Tool = {
  name: 'look',
  description: 'Looks at something',
  input_schema: { type: 'object', properties: { at: { type: 'string' } } },
};

const IT = { type: 'tool_use', name: 'look', input: { at: 'it' } };
const HERMES = '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>';

describe.each(['an OpenAI server', 'an Ollama server'] as const)('the text of %s', (name) => {
  let server: CallingServer;
  beforeAll(async () => {
    server = await CALLING_SERVERS[name]();
  });
  afterAll(() => server.close());

  describe.each([
    ['streamed', true],
    ['not streamed', false],
  ])('%s', (_how, streamed) => {
    const answer = (text: string, tools = [LOOK], choice?: Anthropic.ToolChoice) => {
      server.play({ text });
      return askActor(server.url, streamed, tools, choice);
    };

    it.each(LEAKED_CALLS)('contains a call that it leaked: %s', async (_family, call) => {
      const { content, stop_reason: reason } = await answer(call);
      expect(content).toMatchObject([IT]);
      expect(reason).toBe('tool_use');
    });

    it.each(LIKE_CALLS)('stays text, byte for byte: %j', async (text) => {
      const { content, stop_reason: reason } = await answer(text);
      expect(content).toEqual([expect.objectContaining({ type: 'text', text })]);
      expect(reason).toBe('end_turn');
    });

    it('contains a call after text and thinking', async () => {
      const { content } = await answer(`<think>\nHm.\n</think>\n\nI look. ${HERMES}`);
      const thinking = { type: 'thinking', thinking: 'Hm.' };
      expect(content).toMatchObject([thinking, { type: 'text', text: 'I look.' }, IT]);
    });

    it('contains one call of several if only one is wanted', async () => {
      expect((await answer(`${HERMES}\n${HERMES}`)).content).toMatchObject([IT, IT]);
      const choice = { type: 'auto', disable_parallel_tool_use: true } as const;
      expect((await answer(`${HERMES}\n${HERMES}`, [LOOK], choice)).content).toMatchObject([IT]);
    });

    it('contains the call that was demanded', async () => {
      const { content } = await answer(HERMES, [LOOK], { type: 'any' });
      expect(content).toMatchObject([IT]);
    });

    it('contains a call by the short name that the server knows the tool by', async () => {
      const long = `mcp__${'a_long_name_'.repeat(6)}look`;
      const tools = [{ ...LOOK, name: long }];
      const asked = server.play({ text: 'Hello.' });
      await askActor(server.url, streamed, tools);
      const short = /"name":"(mcp__[^"]*)"/.exec(asked[0] ?? '')?.[1] ?? '';
      expect(short.length).toBeLessThanOrEqual(name === 'an OpenAI server' ? 64 : long.length);
      const { content } = await answer(HERMES.replace('"look"', JSON.stringify(short)), tools);
      expect(content).toMatchObject([{ ...IT, name: long }]);
    });

    it.each([
      ['no tool is offered', [], undefined],
      ['no call is wanted', [LOOK], { type: 'none' } as const],
      ['the tool is not offered', [{ ...LOOK, name: 'listen' }], undefined],
    ])('stays text where %s', async (_why, tools, choice) => {
      const { content, stop_reason: reason } = await answer(HERMES, tools, choice);
      expect(content).toMatchObject([{ type: 'text', text: HERMES }]);
      expect(reason).toBe('end_turn');
    });
  });
});
