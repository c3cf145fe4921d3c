import { describe, expect, it } from 'vitest';
import { readUnknownTemplate } from '../../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../../src/backends/local/prompts/jinja.ts';
import { chooseFormat } from '../../../src/formats/choose.ts';
import { sharedLlama } from '../../support/native-llama.ts';
import { compileCalls } from '../native-grammar.ts';
import { callSections, readPieces } from '../read-output.ts';
import { SCENARIOS, TOOLS } from '../scenarios.ts';
import type { Found } from '../scenarios.ts';
import { OWN_TEMPLATES } from './own-templates.ts';

const native = await sharedLlama();
const TOKENS = { bos: '<s>', eos: '</s>' };

const readings = new Map(
  Object.entries(OWN_TEMPLATES).map(([name, source]) => {
    const render = createRenderer(bindingsOf(native.llama), source);
    return [name, readUnknownTemplate(render, source, TOKENS)] as const;
  }),
);

type Answer = readonly Found[];

/** An answer as a template writes it into the past, without the end of its turn. */
function written(name: string, answer: Answer): string {
  const render = readings.get(name)?.render ?? (() => '');
  const asked = { role: 'user', content: 'Ask.' };
  const tools = [{ type: 'function', function: { name: 'get_weather', parameters: {} } }];
  const turn = {
    role: 'assistant',
    content: answer.map((found) => ('text' in found ? found.text : '')).join(''),
    reasoning_content: answer.map((found) => ('thinking' in found ? found.thinking : '')).join(''),
    tool_calls: answer.flatMap((found, index) =>
      'input' in found
        ? [
            {
              id: `call_${index}`,
              type: 'function',
              function: { name: found.call, arguments: found.input },
            },
          ]
        : [],
    ),
  };
  const prompt = render({ messages: [asked], tools, add_generation_prompt: true });
  const whole = render({ messages: [asked, turn], tools, add_generation_prompt: false });
  expect(whole.startsWith(prompt)).toBe(true);
  return whole.slice(prompt.length).replace(/(<\|end\|>|<\|wait\|>)$/, '');
}

function formatOf(name: string) {
  const format = readings.get(name)?.format;
  if (format === undefined) throw new Error(`No template ${name}.`);
  return format;
}

const ANSWERS = Object.entries(SCENARIOS).flatMap(([scenario, found]) => {
  const left = found === 'as-written' || ['thinking + call', 'cut-off call'].includes(scenario);
  return left ? [] : [[scenario, found] as const];
});

const ROWS = Object.keys(OWN_TEMPLATES).flatMap((name) =>
  ANSWERS.filter(([scenario]) => !isUnmarked(name) || scenario !== 'text + call').map(
    ([scenario, answer]) => ({ name, scenario, answer }),
  ),
);

/** Calls without a mark have to be the whole answer. */
function isUnmarked(name: string): boolean {
  return name.startsWith('bare');
}

describe('the format that is derived from a template', () => {
  it.each(Object.keys(OWN_TEMPLATES))('%s: no family claims the template', (name) => {
    expect(chooseFormat(OWN_TEMPLATES[name] ?? '').name).toBe('plain');
    expect(formatOf(name).name).toBe('derived');
    expect(readings.get(name)?.injection.tools).toBe(false);
  });

  it.each(ROWS)('$name: reads $scenario', async ({ name, answer }) => {
    const output = written(name, answer);
    const format = formatOf(name);
    for (const pieces of [[output], output.split('')]) {
      expect({ output, found: readPieces(format, pieces) }).toEqual({ output, found: answer });
    }
    for (const { trigger, text } of callSections(format, output)) {
      const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
      expect({ trigger, text, admitted: admits(text) }).toEqual({ trigger, text, admitted: true });
    }
  });

  const thinking = Object.keys(OWN_TEMPLATES).filter((name) =>
    OWN_TEMPLATES[name]?.includes('reasoning_content'),
  );

  it.each(thinking)('%s: reads thinking', (name) => {
    const answer = [{ thinking: 'Hm.' }, ...SCENARIOS['two calls']];
    const said = [{ thinking: 'Hm.' }, ...SCENARIOS['plain text']];
    for (const each of [answer, said]) {
      expect(readPieces(formatOf(name), written(name, each).split(''))).toEqual(each);
    }
  });

  it.each(Object.keys(OWN_TEMPLATES))('%s: refuses wrong calls', async (name) => {
    const output = written(name, [{ call: 'get_weather', input: { city: 'Paris', days: 3 } }]);
    const [section] = callSections(formatOf(name), output);
    if (section === undefined) throw new Error(`No call in ${output}`);
    const options = { trigger: section.trigger, parallel: true };
    const admits = await compileCalls(formatOf(name), TOOLS, options);
    expect(admits(section.text)).toBe(true);
    expect(admits(section.text.replace(/\b3\b/, 'three'))).toBe(false);
  });

  it.each(Object.keys(OWN_TEMPLATES))('%s: reads no part of a cut-off call as text', (name) => {
    const turn = written(name, SCENARIOS['quotes and newlines']);
    const output = turn.replace(/<\|close\|>message<\|sep\|>$/, '');
    const from = output.length - (callSections(formatOf(name), output)[0]?.text.length ?? 0);
    for (let end = from; end < output.length; end++) {
      const found = readPieces(formatOf(name), [output.slice(0, end)]);
      expect([[], [{ call: 'save', cut: true }], SCENARIOS['quotes and newlines']]).toContainEqual(
        found,
      );
    }
  });

  it.each(Object.keys(OWN_TEMPLATES))('%s: reads a call that was demanded', (name) => {
    const format = formatOf(name);
    const output = written(name, SCENARIOS['two calls']);
    const forced = format.tools?.forced ?? format.tools?.triggers[0] ?? '';
    const rest = output.slice(output.indexOf(forced) + forced.length);
    expect(readPieces(format, rest.split(''), { forced })).toEqual(SCENARIOS['two calls']);
  });
});
