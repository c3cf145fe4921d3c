/** A stream, and a tool that the model calls, by the Anthropic SDK for TypeScript. */
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({
  baseURL: process.env['ANTHROPIC_BASE_URL'] ?? 'http://127.0.0.1:11435',
  apiKey: 'portico',
});
const model = process.env['MODEL'] ?? 'mini';

const stream = client.messages.stream({
  model,
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Count from 1 to 3' }],
});
stream.on('text', (text) => process.stdout.write(text));
await stream.finalMessage();
console.log();

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'Get the current weather in a location',
  input_schema: {
    type: 'object',
    properties: { location: { type: 'string', description: 'City' } },
    required: ['location'],
  },
};
const question: Anthropic.MessageParam = {
  role: 'user',
  content: 'What is the weather in Paris?',
};
const asked = await client.messages.create({
  model,
  max_tokens: 200,
  messages: [question],
  tools: [weather],
  tool_choice: { type: 'tool', name: weather.name },
});
const calls = asked.content.filter((block) => block.type === 'tool_use');
console.log('calls:', JSON.stringify(calls.map(({ name, input }) => ({ name, input }))));

const answered = await client.messages.create({
  model,
  max_tokens: 200,
  messages: [
    question,
    { role: 'assistant', content: asked.content },
    {
      role: 'user',
      content: calls.map(({ id }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: '18 degrees and cloudy',
      })),
    },
  ],
  tools: [weather],
});
console.log(answered.content.map((block) => (block.type === 'text' ? block.text : '')).join(''));
