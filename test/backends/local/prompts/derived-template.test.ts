import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLlama } from '../../../../src/backends/local/model/native-llama.ts';
import { PromptProcess } from '../../../../src/backends/local/prompts/prompt-process.ts';
import { OWN_TEMPLATES } from '../../../formats/derived/own-templates.ts';
import { compileGrammar } from '../../../formats/native-grammar.ts';
import { TOOLS } from '../../../formats/scenarios.ts';
import { said } from '../../../support/requests.ts';

describe('a template of no known family in the process of its prompts', () => {
  const template = {
    model: 'unknown',
    source: OWN_TEMPLATES['names, ids and JSON'] ?? '',
    bos: '<s>',
    eos: '</s>',
  };
  let prompts: PromptProcess;
  beforeAll(async () => {
    // Its native addon renders.
    const native = await startLlama();
    await native.close();
    prompts = new PromptProcess({ model: template.model });
    const reading = await prompts.run('read', template);
    expect(reading.layout?.calls?.section.open).toBe('<|calls|>');
    await prompts.configure({ ...template, ...reading, controlTexts: ['<|end|>'], ends: [] });
  });
  afterAll(() => prompts.close());

  const tools = TOOLS.map(({ name, inputSchema }) => ({
    name,
    description: `Does ${name}.`,
    inputSchema,
    origin: { kind: 'custom' } as const,
    deferred: false,
  }));

  it('renders its own tools and no instructions, and demands calls by its own trigger', async () => {
    const { prompt, forced } = await prompts.run('write', {
      request: {
        conversation: { system: [], turns: said('Hello'), tools },
        toolChoice: { mode: 'any', parallel: true },
        thinking: { mode: 'disabled' },
      },
      answers: [],
    });
    const text = prompt.stretches.map((stretch) => stretch.text).join('');
    expect(text).toMatch(/^<\|tools\|>\[\{"type": "function".*<\|user\|>Hello<\|end\|><\|model\|>/);
    expect(text).not.toContain('<tool_call>');
    expect(forced).toBe('<|calls|>');
  });

  it('writes the grammar of its calls', async () => {
    const trigger = '<|calls|>';
    const { text } = await prompts.run('grammar', { of: 'call', trigger, tools, parallel: true });
    const admits = await compileGrammar(text);
    const call = (city: string) =>
      `<|call|>1<|name|>get_weather<|input|>{"city": ${city}}<|/call|><|done|>`;
    expect([admits(call('"Rome"')), admits(call('1'))]).toEqual([true, false]);
  });
});
