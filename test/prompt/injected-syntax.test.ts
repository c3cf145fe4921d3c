import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../src/backends/local/prompts/jinja.ts';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import { instructedRequest } from '../../src/prompt/instructed.ts';
import { renderPrompt } from '../../src/prompt/render.ts';
import { readPieces } from '../formats/read-output.ts';
import { weatherRequest } from '../formats/weather-request.ts';
import { sharedLlama } from '../support/native-llama.ts';

const native = await sharedLlama();
const TOKENS = { bos: '<s>', eos: '</s>' };

/** A short template of our own, in the syntax of DeepSeek: it renders calls and results, but lists no tools. */
function template(beforeName: string, beforeInput: string, afterInput: string) {
  return `{% for m in messages %}{% if m.role == 'assistant' %}<｜Assistant｜>{{ m.content or '' }}{% if m.tool_calls %}<｜tool▁calls▁begin｜>{% for call in m.tool_calls %}<｜tool▁call▁begin｜>${beforeName}{{ call.function.name }}${beforeInput}{{ call.function.arguments | tojson }}${afterInput}<｜tool▁call▁end｜>{% endfor %}<｜tool▁calls▁end｜>{% endif %}<｜end｜>{% elif m.role == 'tool' %}<｜output｜>{{ m.content }}<｜/output｜>{% elif m.role == 'system' %}{{ m.content }}{% else %}<｜User｜>{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<｜Assistant｜>{% endif %}`;
}

const ROWS = [
  {
    name: 'deepseek-v3.1',
    source: template('', '<｜tool▁sep｜>', ''),
    example: '<｜tool▁call▁begin｜>NAME<｜tool▁sep｜>ARGUMENTS<｜tool▁call▁end｜>',
  },
  {
    name: 'deepseek-r1',
    source: template('function<｜tool▁sep｜>', '\n```json\n', '\n```'),
    example:
      '<｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME\n```json\nARGUMENTS\n```<｜tool▁call▁end｜>',
  },
] as const;

const REQUEST = weatherRequest([{ kind: 'text', text: 'Be brief.' }]);

describe.each(ROWS)('tools that are injected for $name', ({ name, source, example }) => {
  const render = createRenderer(bindingsOf(native.llama), source);
  const reading = readTemplate(render, source, TOKENS);
  const chatTemplate = { ...reading, ...TOKENS, control: new ControlTokens([]) };
  const { stretches } = renderPrompt(
    chatTemplate,
    instructedRequest(REQUEST, reading.injection, false),
  );
  const prompt = stretches.map(({ text }) => text).join('');
  const write = (call: string, input: string) =>
    `<｜tool▁calls▁begin｜>${example.replace('NAME', call).replace('ARGUMENTS', input)}<｜tool▁calls▁end｜>`;

  it('are taught in the syntax of the family', () => {
    expect(reading.format.name).toBe(name);
    expect(reading.injection.tools).toBe(true);
    expect(prompt).toContain(`in this form:\n${write('NAME', 'ARGUMENTS')}\n`);
    expect(prompt).toContain('"name":"get_weather"');
    expect(prompt).not.toContain('<tool_call>');
  });

  it('have calls and results of the past as the template renders them', () => {
    expect(prompt).toContain(write('get_weather', '{"city": "Paris"}'));
    expect(prompt).toContain('<｜output｜>Sunny.<｜/output｜>');
  });

  it('are read in both syntaxes, and demanded in that of the family', () => {
    const hermes = '<tool_call>\n{"name": "ping", "arguments": {}}\n</tool_call>';
    for (const output of [write('ping', '{}'), hermes]) {
      for (let at = 0; at <= output.length; at++) {
        const found = readPieces(reading.format, [output.slice(0, at), output.slice(at)]);
        expect({ at, found }).toEqual({ at, found: [{ call: 'ping', input: {} }] });
      }
    }
    expect(reading.format.tools?.triggers[0]).toBe('<｜tool▁calls▁begin｜>');
  });
});
