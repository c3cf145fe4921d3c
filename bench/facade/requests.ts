/** Name of the stub in models.yaml. */
export const MODEL = 'stub';

const SENTENCE =
  'Read the file that the failing test names, and say what it does before you change it. ';

/** Plain question of 0.3 KB. */
export function smallRequest(stream: boolean): string {
  const messages = [{ role: 'user', content: SENTENCE.repeat(2) }];
  return JSON.stringify({ model: MODEL, max_tokens: 1024, stream, messages });
}

const LARGE_BYTES = 66 * 1024;
const TOOLS = 20;

/** Turn of a coding agent, 66 KB: a system prompt, tools, and calls with their results. */
export function largeRequest(stream: boolean): string {
  const messages: object[] = [{ role: 'user', content: [{ type: 'text', text: SENTENCE }] }];
  const request = {
    model: MODEL,
    max_tokens: 1024,
    stream,
    system: [{ type: 'text', text: SENTENCE.repeat(150), cache_control: { type: 'ephemeral' } }],
    tools: Array.from({ length: TOOLS }, (_, index) => tool(index)),
    messages,
  };
  let text = JSON.stringify(request);
  while (text.length < LARGE_BYTES) {
    messages.push(...exchange(messages.length));
    text = JSON.stringify(request);
  }
  return text;
}

function tool(index: number): object {
  return {
    name: `Tool${index}`,
    description: SENTENCE.repeat(6),
    input_schema: {
      type: 'object',
      properties: {
        path: { type: 'string', description: SENTENCE },
        lines: { type: 'array', items: { type: 'integer', minimum: 0 }, maxItems: 2 },
        mode: { type: 'string', enum: ['read', 'write', 'append'] },
      },
      required: ['path'],
      additionalProperties: false,
    },
  };
}

function exchange(index: number): readonly object[] {
  const id = `toolu_${index}`;
  const input = { path: `/src/file-${index}.ts`, lines: [0, 100] };
  return [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: SENTENCE },
        { type: 'tool_use', id, name: 'Tool0', input },
      ],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: id, content: SENTENCE.repeat(12) }],
    },
  ];
}
