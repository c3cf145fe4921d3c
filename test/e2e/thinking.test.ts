import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { ENDLESS } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { MINI_FILE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

const MINI = JSON.stringify(MINI_FILE);
/** Opens the thinking in the middle of a refrain, which mini then does not find an end to. */
const REFRAIN = `{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}
{%- if enable_thinking %}{{- '${'la '.repeat(30).trim()}' }}{%- else %}{{- '\\n</think>\\n\\n' }}{%- endif %}
{%- endif %}`;
const REGISTRY = `
models:
  thinker: { backend: llama, file: ${MINI}, template: ${JSON.stringify(REFRAIN)}, sampling: { temperature: 0 } }
`;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ registry: REGISTRY });
});
afterAll(() => server.stop());

function tool(name: string, description: string, parameters: readonly string[]): Anthropic.Tool {
  const properties = Object.fromEntries(
    parameters.map((parameter) => [parameter, { type: 'string' }]),
  );
  const input_schema = { type: 'object' as const, properties, required: [...parameters] };
  return { name, description, input_schema };
}

const TOOLS = [
  tool('Bash', 'Runs a shell command', ['command']),
  tool('Edit', 'Edits a file', ['file_path', 'old_string', 'new_string']),
  tool('Read', 'Reads a file from disk', ['file_path']),
];
const TASK = "Write hello.txt containing 'stone', then cat it and reply DONE.";

/** Output of the shell for a command. */
const shown = (input: unknown) =>
  JSON.stringify(input).includes('cat ') ? 'stone' : '(no output)';

const thinkingOf = ({ usage }: Anthropic.Message) =>
  (usage as { output_tokens_details?: { thinking_tokens: number } }).output_tokens_details
    ?.thinking_tokens;

describe.each(DIALECTS)('thinking in $dialect', (dialect) => {
  covers('R3.5-between', 'R3.5-omitted', 'R3.5-replay');

  let client: Anthropic;
  beforeAll(() => {
    client = clientOf(dialect, server.url);
  });

  it.each(['summarized', 'omitted'] as const)(
    'thinks between calls, and takes it back (%s)',
    async (display) => {
      const messages: Anthropic.MessageParam[] = [{ role: 'user', content: TASK }];
      const commands: unknown[] = [];
      const kinds: string[] = [];
      for (let last = ''; last !== 'end_turn';) {
        const message = await client.messages
          .stream({
            model: 'mini',
            max_tokens: 1500,
            thinking: { type: 'enabled', budget_tokens: 1024, display },
            messages,
            tools: TOOLS,
          })
          .finalMessage();
        last = message.stop_reason ?? '';
        kinds.push(message.content.map(({ type }) => type).join(' '));
        for (const block of message.content) {
          if (block.type === 'tool_use') commands.push(block.input);
          if (block.type !== 'thinking') continue;
          expect(block.signature).toMatch(/^portico1\./);
          if (display === 'omitted') expect(block.thinking).toBe('');
          else expect(block.thinking).toMatch(/\w/);
        }
        expect(thinkingOf(message)).toBeGreaterThan(4);
        const results = message.content.flatMap((block) =>
          block.type === 'tool_use'
            ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: shown(block.input) }]
            : [],
        );
        messages.push({ role: 'assistant', content: message.content });
        messages.push({ role: 'user', content: results });
        expect(kinds.length).toBeLessThan(5);
      }
      expect(kinds).toEqual(['thinking tool_use', 'thinking tool_use', 'thinking text']);
      expect(commands).toEqual([
        { command: expect.stringMatching(/hello\.txt$/) },
        { command: 'cat hello.txt' },
      ]);
    },
  );
});

describe('a thinker that finds no end', () => {
  covers('R3.5-budget');

  /** Asks for a little more than it may think. */
  const think = (budget_tokens: number) =>
    clientOf(DIALECTS[0] ?? expect.fail(), server.url).messages.create({
      model: 'thinker',
      max_tokens: budget_tokens + 10,
      thinking: { type: 'enabled', budget_tokens },
      output_config: { format: ENDLESS },
      messages: [{ role: 'user', content: 'Count from 1 to 5' }],
    });

  it.each([1024, 1100])('thinks %i tokens if its budget is as large', async (budget) => {
    const message = await think(budget);
    expect(thinkingOf(message)).toBe(budget);
    expect(message.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(message.stop_reason).toBe('max_tokens');
  });
});
