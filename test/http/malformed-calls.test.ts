import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askActor, CALLING_SERVERS } from '../support/calling-servers.ts';
import type { CallingServer, Spoken } from '../support/calling-servers.ts';

const LOOK: Anthropic.Tool = {
  name: 'Look',
  description: 'Looks at something',
  input_schema: {
    type: 'object',
    properties: {
      city: { type: 'string' },
      hot: { type: 'boolean' },
      days: { type: 'integer' },
      list: { type: 'array', items: { type: 'integer' } },
      unit: { enum: ['C', 'F'] },
    },
    required: ['city'],
  },
};

const PARIS = { city: 'Paris', hot: true };
const GOOD = JSON.stringify(PARIS);

const look = (json: string, name = 'Look'): Spoken => ({ calls: [{ name, json }] });
const breakOff = (json: string): Spoken => ({ ...look(json), breaksOff: true });

/** Arguments with one reading. */
const REPAIRED: readonly (readonly [string, string, object])[] = [
  ['nothing wrong', GOOD, PARIS],
  ['a Python literal', '{"city": "Paris", "hot": True}', PARIS],
  ['a trailing comma', '{"city": "Paris", "hot": true,}', PARIS],
  ['single quotes', "{'city': 'Paris', 'hot': True}", PARIS],
  ['a raw line break', '{"city": "a\nb"}', { city: 'a\nb' }],
  ['a backslash that escapes nothing', String.raw`{"city": "\d\("}`, { city: String.raw`\d\(` }],
  ['a code fence', '```json\n{"city": "Paris", "hot": true}\n```', PARIS],
  ['double encoding', JSON.stringify(GOOD), PARIS],
  ['parameters around it', `{"parameters": ${GOOD}}`, PARIS],
  ['a call around it', `{"name": "Look", "arguments": ${GOOD}}`, PARIS],
  [
    'a function around it',
    `{"type": "function", "function": {"name": "Look", "arguments": ${GOOD}}}`,
    PARIS,
  ],
  ['a list around it', `[${GOOD}]`, PARIS],
  ['an empty object before it', `{}${GOOD}`, PARIS],
  ['a missing brace', GOOD.slice(0, -1), PARIS],
  ['a number as a string', '{"city": "Paris", "days": "3"}', { city: 'Paris', days: 3 }],
  ['a list as a string', '{"city": "Paris", "list": "[1]"}', { city: 'Paris', list: [1] }],
];

/** Arguments of a call without any. */
const NOTHING = ['', ' ', 'null', '""', '"null"', '{}', '{"parameters": null}'];

/** Arguments without a reading that the tool could be called with. */
const BROKEN: readonly (readonly [string, Spoken])[] = [
  ['a text', look('"gaben"')],
  ['a number', look('7')],
  ['words', look('{oops}')],
  ['no value', look('{"city": }')],
  ['nothing', look('')],
  ['null', look('null')],
  ['two objects', look('[{"city": "a"}, {"city": "b"}]')],
  ['a path with a name like an escape', look(String.raw`{"city": "C:\Users\new"}`)],
  ['another object after it', look('{"city": "a"}{"city": "b"}')],
  ['an end inside a key', breakOff('{"city": "Paris", "ho')],
  ['an end inside a string', breakOff('{"city": "Par')],
  ['an end after a colon', breakOff('{"city": ')],
  ['no required argument, once repaired', look("{'hot': True}")],
  ['no value that is allowed, once repaired', look("{'city': 'Paris', 'unit': 'K'}")],
];

type Message = Anthropic.Message;

/** Asserts the properties of every answer that no limit cuts off. */
function expectHonest({ content, stop_reason: reason }: Message): void {
  expect(content).not.toEqual([]);
  const calls = content.filter((block) => block.type === 'tool_use');
  for (const { input } of calls) expect(input).toEqual(expect.any(Object));
  expect(reason).toBe(calls.length > 0 ? 'tool_use' : 'end_turn');
}

describe.each(Object.entries(CALLING_SERVERS))('a call by %s', (_name, start) => {
  let server: CallingServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  describe.each([
    ['streamed', true],
    ['not streamed', false],
  ])('%s', (_how, streamed) => {
    const answer = async (...answers: readonly Spoken[]) => {
      const asked = server.play(...answers);
      const message = await askActor(server.url, streamed, [LOOK]);
      expectHonest(message);
      return { message, asked };
    };

    it.each(REPAIRED)('is made in spite of %s', async (_what, json, input) => {
      const { message, asked } = await answer(look(json), look('"a second try"'));
      expect(message.content).toMatchObject([{ type: 'tool_use', name: 'Look', input }]);
      expect(asked).toHaveLength(1);
    });

    it.each(NOTHING)('is made without arguments if it needs none: %j', async (json) => {
      server.play(look(json), look('"a second try"'));
      const { required: _, ...schema } = LOOK.input_schema;
      const message = await askActor(server.url, streamed, [{ ...LOOK, input_schema: schema }]);
      expectHonest(message);
      expect(message.content).toMatchObject([{ type: 'tool_use', name: 'Look' }]);
      expect(message.content[0]).toHaveProperty('input', {});
    });

    it('is made if its name has another case', async () => {
      const { message } = await answer(look(GOOD, 'look'));
      expect(message.content).toMatchObject([{ type: 'tool_use', name: 'Look', input: PARIS }]);
    });

    it.each(BROKEN)('is asked for again: %s', async (_what, broken) => {
      const { message, asked } = await answer(broken, look(GOOD));
      expect(message.content).toMatchObject([{ type: 'tool_use', name: 'Look', input: PARIS }]);
      expect(asked).toHaveLength(2);
    });

    it.each(BROKEN)('is text if it stays broken: %s', async (_what, broken) => {
      const { message } = await answer(broken);
      const written = broken.calls?.[0]?.json ?? '';
      expect(unspaced(textOf(message))).toContain(unspaced(written));
    });

    it.each(BROKEN)(
      'that is demanded is asked for again, and text after that: %s',
      async (_what, broken) => {
        const demanded = async (...answers: readonly Spoken[]) => {
          server.play(...answers);
          return askActor(server.url, streamed, [LOOK], { type: 'any' });
        };
        const made = await demanded(broken, look(GOOD));
        expectHonest(made);
        expect(made.content).toMatchObject([{ type: 'tool_use', name: 'Look', input: PARIS }]);
        expectHonest(await demanded(broken));
      },
    );

    it('is text if the second try fails', async () => {
      const { message, asked } = await answer(look('"gaben"'), { fails: true });
      expect(asked).toHaveLength(2);
      expect(textOf(message)).toContain('gaben');
      server.play(look('"gaben"'), { fails: true });
      expectHonest(await askActor(server.url, streamed, [LOOK], { type: 'any' }));
    });

    it('is another one after a second try that begins otherwise', async () => {
      const { message } = await answer(breakOff('{"city": "Par'), look('{"city": "Rome"}'));
      expect(message.content).toMatchObject([{ type: 'tool_use', input: { city: 'Rome' } }]);
    });
  });

  it('is sent in part only if the client wants its input as it comes', async () => {
    server.play(breakOff('{"city": "Par'));
    const eager = { ...LOOK, eager_input_streaming: true };
    const { content, stop_reason: reason } = await askActor(server.url, true, [eager]);
    expect(content).toMatchObject([{ type: 'tool_use', input: expect.any(Object) }]);
    expect(reason).toBe('max_tokens');
  });

  it.each([true, false])(
    'of another tool than the demanded one is none (streamed: %s)',
    async (streamed) => {
      const tools = [LOOK, { ...LOOK, name: 'Listen' }];
      const choice = { type: 'tool', name: 'Listen' } as const;
      const demanded = (...answers: readonly Spoken[]) => {
        server.play(...answers);
        return askActor(server.url, streamed, tools, choice);
      };
      const made = await demanded(look(GOOD), look(GOOD, 'Listen'));
      expectHonest(made);
      expect(made.content).toMatchObject([{ type: 'tool_use', name: 'Listen', input: PARIS }]);
      const never = await demanded(look(GOOD));
      expectHonest(never);
      expect(textOf(never)).toContain('Look');
    },
  );
});

function textOf({ content }: Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** Servers that parse arguments write them anew. */
function unspaced(text: string): string {
  return text.replaceAll(/\s/g, '');
}
