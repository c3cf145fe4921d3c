import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocumentLoader } from '../../src/documents/loader.ts';
import { writeParts } from '../../src/prompt/text.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { writePdf } from '../support/pdf.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { reciting } from './reciting.ts';

const module = new URL('../../dist/documents/pdf-child.js', import.meta.url);
const documents = createDocumentLoader({ module });

const { script, asked, say } = reciting();
const logged: string[] = [];
let server: ScriptedServer;
beforeAll(async () => {
  const services = { log: (line: string) => void logged.push(line) };
  server = await serveScript(
    { script, capabilities: { images: false } },
    {},
    { documents, services },
  );
});
afterAll(() => server.close());

const citations = { enabled: true };
const text = {
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data: '😀 Grass is green. The sky is blue.' },
  title: 'Colours',
  citations,
} as const;
const data = writePdf(['Snow is white.', 'Coal is black.']).toString('base64');
const pdf = {
  type: 'document',
  source: { type: 'base64', media_type: 'application/pdf', data },
  citations,
} as const;
const blocks = {
  type: 'document',
  source: {
    type: 'content',
    content: [
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two. Three.' },
    ],
  },
  citations,
} satisfies Anthropic.DocumentBlockParam;
const result = {
  type: 'search_result',
  source: 'https://example.com/',
  title: 'Seas',
  content: [{ type: 'text', text: 'The sea is salty.' }],
  citations,
} satisfies Anthropic.SearchResultBlockParam;
const question = { type: 'text', text: 'What do you know?' } as const;

const ANSWER =
  'I read them. The sky is blue.[^2] Coal is black[^4]. Things add up.[^5-6][^7] No.[^99] Bye.';
const SHOWN: readonly { type: string; text: string; citations?: readonly object[] }[] = [
  { type: 'text', text: 'I read them. ' },
  {
    type: 'text',
    text: 'The sky is blue.',
    citations: [
      {
        type: 'char_location',
        cited_text: 'The sky is blue.',
        document_index: 0,
        document_title: 'Colours',
        file_id: null,
        start_char_index: 18,
        end_char_index: 34,
      },
    ],
  },
  {
    type: 'text',
    text: ' Coal is black',
    citations: [
      {
        type: 'page_location',
        cited_text: 'Coal is black.',
        document_index: 1,
        document_title: null,
        file_id: null,
        start_page_number: 2,
        end_page_number: 3,
      },
    ],
  },
  { type: 'text', text: '. ' },
  {
    type: 'text',
    text: 'Things add up.',
    citations: [
      {
        type: 'content_block_location',
        cited_text: 'One.Two. Three.',
        document_index: 2,
        document_title: null,
        file_id: null,
        start_block_index: 0,
        end_block_index: 2,
      },
      {
        type: 'search_result_location',
        cited_text: 'The sea is salty.',
        search_result_index: 0,
        source: 'https://example.com/',
        title: 'Seas',
        start_block_index: 0,
        end_block_index: 1,
      },
    ],
  },
  { type: 'text', text: ' No. Bye.' },
];

const asking: Anthropic.MessageCreateParamsNonStreaming = {
  model: 'actor',
  max_tokens: 1000,
  messages: [{ role: 'user', content: [text, pdf, blocks, result, question] }],
};

function prompt(turn: number): string {
  return writeParts(asked.at(-1)?.conversation.turns[turn]?.parts ?? []);
}

describe.each(DIALECTS)('citations through the SDK of $dialect', (dialect) => {
  const client = () => clientOf(dialect, server.url);

  it('are exact locations in a whole message', async () => {
    say(ANSWER);
    const { content } = await client().messages.create(asking);
    expect(content).toEqual(SHOWN);
  });

  it('are streamed in the blocks that they support', async () => {
    say(ANSWER);
    const stream = client().messages.stream(asking);
    const streamed: unknown[] = [];
    stream.on('citation', (citation) => streamed.push(citation));
    const { content } = await stream.finalMessage();
    expect(content).toEqual(SHOWN);
    expect(streamed).toEqual(SHOWN.flatMap((block) => block.citations ?? []));
  });

  it('become the same marks in the next turn', async () => {
    const { content } = await client().messages.create((say(ANSWER), asking));
    const first = asked.at(-1)?.conversation.turns[0];
    const next = { role: 'user' as const, content: [{ ...text, title: 'Later' }, question] };
    const messages = [...asking.messages, { role: 'assistant' as const, content }, next];
    await client().messages.create((say('Yes.[^8]'), { ...asking, messages }));
    expect(asked.at(-1)?.conversation.turns[0]).toEqual(first);
    expect(prompt(1)).toBe(ANSWER.replace('[^99]', ''));
  });
});

describe('citations', () => {
  const ask = async (content: Anthropic.ContentBlockParam[], said: string): Promise<unknown> => {
    say(said);
    const response = await server.ask({ messages: [{ role: 'user', content }] });
    return response.json();
  };

  it('number the passages in the prompt, and one instruction asks for the marks', async () => {
    await ask([text, pdf, blocks, result, question], 'No.');
    const written = prompt(0);
    expect(written).toContain('😀 Grass is green.[^1] The sky is blue.[^2]\n');
    expect(written).toContain('<page number="2">\nCoal is black.[^4]\n</page>');
    expect(written).toContain('One.[^5]\n\nTwo. Three.[^6]');
    expect(written).toContain('The sea is salty.[^7]');
    expect(written.match(/marks such as/g)).toHaveLength(1);
  });

  it('are written for the results of tools', async () => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'find', input: {} };
    const found = { type: 'tool_result', tool_use_id: 'toolu_1', content: [result] };
    say('It is salty.[^1]');
    const response = await server.ask({
      tools: [{ name: 'find', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'Find it.' },
        { role: 'assistant', content: [call] },
        { role: 'user', content: [found] },
      ],
    });
    expect(await response.json()).toMatchObject({
      content: [
        {
          text: 'It is salty.',
          citations: [{ type: 'search_result_location', cited_text: 'The sea is salty.' }],
        },
      ],
    });
  });

  it('report the marks that match nothing in one line of the log', async () => {
    logged.length = 0;
    await ask([text], 'A.[^7] B.[^1] [^8-9]');
    expect(logged).toEqual([
      'actor: 2 citation marks in the answer match no passage, and were removed',
    ]);
  });

  it('leave an answer without citations as it was written', async () => {
    const answer = { content: [{ type: 'text', text: 'A.[^1]' }] };
    expect(await ask([{ ...text, citations: { enabled: false } }], 'A.[^1]')).toMatchObject(answer);
    expect(await ask([text], 'A.')).toMatchObject({ content: [{ type: 'text', text: 'A.' }] });
  });

  it('count empty blocks', async () => {
    const content = ['', 'Two.'].map((each) => ({ type: 'text' as const, text: each }));
    const source = { type: 'content' as const, content };
    expect(await ask([{ ...blocks, source }], 'Yes.[^1]')).toMatchObject({
      content: [{ citations: [{ start_block_index: 1, end_block_index: 2, cited_text: 'Two.' }] }],
    });
  });
});
