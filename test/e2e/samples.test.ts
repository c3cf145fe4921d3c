import { beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf, expectGrammar, streamedText } from '../support/event-stream.ts';
import { errorOf, messageOf, post, textOf } from '../support/messages-api.ts';
import type { Message } from '../support/messages-api.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { SAMPLES } from './samples.ts';
import type { Sample } from './samples.ts';
import { covers } from '../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

const ANYTHING = /\S/;

async function answer({ route = '/v1/messages', headers, body }: Sample): Promise<Response> {
  const url = server.url + route;
  return body === undefined ? fetch(url, { headers: headers ?? {} }) : post(url, body, headers);
}

/** Results of the tools of the samples. */
const RESULTS: Readonly<Record<string, string>> = {
  get_weather: '18 degrees and cloudy',
  search_database: 'Alice Smith',
  calculate: '4',
};

/** The sample with the model's calls and their results, as its client sends it next. */
function withResults(sample: Sample, { content }: Message): Sample {
  const results = content.flatMap((block) =>
    block.type === 'tool_use'
      ? [{ type: 'tool_result', tool_use_id: block.id, content: RESULTS[block.name] }]
      : [],
  );
  const said = (sample.body?.['messages'] ?? []) as readonly object[];
  const messages = [...said, { role: 'assistant', content }, { role: 'user', content: results }];
  // A demanded call is made: from here on the model is free to answer.
  return { ...sample, body: { ...sample.body, messages, tool_choice: { type: 'auto' } } };
}

describe('the samples of the documents', () => {
  covers('R2.T-samples', 'R3.D-samples');

  const kind = (wanted: string) => SAMPLES.filter(({ holds }) => holds === wanted);

  it.each(kind('text'))('$source: text', async (sample) => {
    const response = await answer(sample);
    expect(response.status).toBe(200);
    const message = await messageOf(response);
    expect(message.model).toBe(sample.body?.['model']);
    if (message.stop_reason === 'stop_sequence') {
      expect(sample.body?.['stop_sequences']).toContain(message.stop_sequence);
      expect(textOf(message)).not.toContain(message.stop_sequence);
    } else {
      expect(['end_turn', 'max_tokens']).toContain(message.stop_reason);
      expect(message.content.map(({ type }) => type)).toEqual(['text']);
      expect(textOf(message)).toMatch(sample.text ?? ANYTHING);
    }
  });

  it.each(kind('stream'))('$source: a stream', async (sample) => {
    const events = await allEventsOf(await answer(sample));
    expectGrammar(events);
    expect(streamedText(events)).toMatch(sample.text ?? ANYTHING);
  });

  it.each(SAMPLES.filter(({ holds }) => typeof holds === 'object' && 'calls' in holds))(
    '$source: a call, and a text once it has its result',
    async (sample) => {
      const { calls, input: forms } = sample.holds as Extract<Sample['holds'], { calls: string }>;
      const called = await messageOf(await answer(sample));
      const input = Object.fromEntries(
        Object.entries(forms).map(([name, form]) => [name, expect.stringMatching(form)]),
      );
      expect(called).toMatchObject({
        stop_reason: 'tool_use',
        content: [{ type: 'tool_use', name: calls, input }],
      });
      const final = await messageOf(await answer(withResults(sample, called)));
      expect(final).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
      expect(textOf(final)).toMatch(sample.text ?? ANYTHING);
    },
  );

  it.each(kind('models'))('$source: the models', async (sample) => {
    const response = await answer(sample);
    expect(response.status).toBe(200);
    const { data } = (await response.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['mini', 'qwen3-coder']));
  });

  it.each(SAMPLES.filter(({ holds }) => typeof holds === 'object' && 'error' in holds))(
    '$source: an error that names what is wrong',
    async (sample) => {
      const response = await answer(sample);
      expect(response.status).toBe(400);
      const { error } = await errorOf(response);
      expect(error.type).toBe('invalid_request_error');
      const { error: word } = sample.holds as Extract<Sample['holds'], { error: string }>;
      expect(error.message).toContain(word);
    },
  );

  it('come from all five documents', () => {
    const documents = new Set(SAMPLES.map(({ source }) => source.slice(0, 3)));
    expect([...documents]).toEqual(['000', '001', '002', '003', '004']);
  });
});
