import type { LanguageModel } from 'ai-5';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isAddonMissing } from '../backends/local/runners/llama-node/seeing.ts';
import { drawOne } from '../models/figures.ts';
import { AI_SDKS } from '../support/ai-sdks.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

const TO_TEN = '1, 2, 3, 4, 5, 6, 7, 8, 9, 10';
const COUNTING = { prompt: 'Count from 1 to 10', maxOutputTokens: 200, temperature: 0 } as const;
const PERSON = z.object({ name: z.string(), age: z.int() });

describe.each(AI_SDKS)('Vercel AI SDK $version', ({ version, ai, createAnthropic }) => {
  let model: LanguageModel;
  beforeAll(() => {
    model = createAnthropic({ baseURL: `${server.url}/v1`, apiKey: 'any key' })('mini');
  });

  const weather = () => ({
    get_weather: ai.tool({
      description: 'Get the current weather in a location',
      inputSchema: z.object({ location: z.string().describe('City name') }),
      execute: ({ location }) => `18 degrees and cloudy in ${location}`,
    }),
  });

  it('reads a text answer', async () => {
    const { text, usage, finishReason } = await ai.generateText({ model, ...COUNTING });
    expect(text).toBe(TO_TEN);
    expect(finishReason).toBe('stop');
    expect(usage.outputTokens).toBeGreaterThan(10);
  });

  it('reads a streamed answer without an error part', async () => {
    const parts: string[] = [];
    let text = '';
    const { fullStream } = ai.streamText({ model, ...COUNTING });
    for await (const part of fullStream) {
      parts.push(part.type);
      if (part.type === 'text-delta') text += part.text;
    }
    expect(text).toBe(TO_TEN);
    expect(parts).not.toContain('error');
    expect(parts.at(-1)).toBe('finish');
  });

  it('reads thinking, whole and streamed', async () => {
    const providerOptions = { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } };
    const asked = { model, prompt: COUNTING.prompt, maxOutputTokens: 500, providerOptions };
    const { reasoningText, text } = await ai.generateText(asked);
    const streamed = ai.streamText(asked);
    await streamed.consumeStream();
    expect(reasoningText).toMatch(/\w/);
    expect(await streamed.reasoningText).toMatch(/\w/);
    expect([text, await streamed.text]).toEqual([TO_TEN, TO_TEN]);
  });

  it('runs a tool and reads the answer after it', async () => {
    const { steps } = await ai.generateText({
      model,
      prompt: 'What is the weather in Paris?',
      maxOutputTokens: 300,
      temperature: 0,
      tools: weather(),
      stopWhen: ai.stepCountIs(2),
    });
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(steps[0]?.toolCalls).toMatchObject([
      { toolName: 'get_weather', input: { location: 'Paris' } },
    ]);
    expect(steps[1]?.text).toMatch(/18/);
  });

  it('streams a demanded tool call', async () => {
    const result = ai.streamText({
      model,
      prompt: 'What is the weather in Paris?',
      maxOutputTokens: 300,
      temperature: 0,
      tools: weather(),
      toolChoice: 'required',
    });
    await result.consumeStream({ onError: (error) => expect.fail(String(error)) });
    const [call] = await result.toolCalls;
    expect(call).toMatchObject({ toolName: 'get_weather', input: { location: 'Paris' } });
  });

  it.each(['auto', 'outputFormat', 'jsonTool'])('gets an object, by %s', async (mode) => {
    const { object } = await ai.generateObject({
      model,
      prompt: 'Extract name and age as JSON: Alice is 31.',
      maxOutputTokens: 300,
      temperature: 0,
      schema: PERSON,
      providerOptions: { anthropic: { structuredOutputMode: mode } },
    });
    expect(PERSON.parse(object)).toEqual(object);
  });

  it.skipIf(isAddonMissing())('shows an image', async () => {
    const { source } = await drawOne('red', 'circle');
    if (source.kind !== 'base64') throw new Error('A drawing is base64.');
    const image =
      version === '7'
        ? { type: 'file' as const, data: source.data, mediaType: 'image/png' }
        : { type: 'image' as const, image: source.data, mediaType: 'image/png' };
    const content = [{ type: 'text' as const, text: 'What is in this picture?' }, image];
    const { text } = await ai.generateText({
      model,
      messages: [{ role: 'user', content }],
      maxOutputTokens: 60,
      temperature: 0,
    });
    expect(text).toMatch(/red/i);
  });
});
