import { describe, expect, it } from 'vitest';
import { commandR7b } from '../../src/formats/command-r7b.ts';
import { deepseekV31 } from '../../src/formats/deepseek.ts';
import { harmony } from '../../src/formats/harmony.ts';
import { hunyuan } from '../../src/formats/hunyuan.ts';
import { minimax } from '../../src/formats/minimax.ts';
import { commandR } from '../../src/formats/command-r.ts';
import { deepseekV32, deepseekV4 } from '../../src/formats/deepseek-dsml.ts';
import type { ChatFormat } from '../../src/formats/format.ts';
import { gemma4 } from '../../src/formats/gemma4.ts';
import { glm45, glm47 } from '../../src/formats/glm.ts';
import { granite } from '../../src/formats/granite.ts';
import { hermes } from '../../src/formats/hermes.ts';
import { kimi } from '../../src/formats/kimi.ts';
import { mistralArgs } from '../../src/formats/mistral-args.ts';
import { mistralList } from '../../src/formats/mistral-list.ts';
import { cut } from '../support/cut.ts';
import { compileCalls } from './native-grammar.ts';
import { callSections, readPieces } from './read-output.ts';
import { TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';
import { covers } from '../support/covers.ts';

const THOUGHT = '<|channel>thought\n';
const HELLO: readonly Found[] = [{ text: 'Hello.' }];

/** Outputs with marks that have no counterpart, or are at a wrong place. */
const STRAY: readonly (readonly [string, ChatFormat, string, readonly Found[]])[] = [
  ['a closing channel of Gemma 4', gemma4, 'Hello.<channel|>', HELLO],
  ['empty thoughts of Gemma 4', gemma4, `Hello.${THOUGHT}<channel|><channel|>`, HELLO],
  ['a doubled channel of Gemma 4', gemma4, `<|channel>${THOUGHT}<channel|>Hello.`, HELLO],
  [
    'late thoughts of Gemma 4',
    gemma4,
    `Hello.${THOUGHT}Hm.<channel|>`,
    [...HELLO, { thinking: 'Hm.' }],
  ],
  ['a closing tag at the start', hermes, '</think>\n\nHello.', HELLO],
  [
    'a closing tag on a line of its own',
    hermes,
    'Well.\n</think>\n\nHello.',
    [{ text: 'Well.\n\n\nHello.' }],
  ],
  [
    'a mention of a closing tag',
    hermes,
    'Write </think> behind.',
    [{ text: 'Write </think> behind.' }],
  ],
  [
    'a closing tag of a block that the text opened',
    hermes,
    'Text.\n<think>\nhm\n</think>\nMore.\n</think>\n`<think>`\n</think>',
    [{ text: 'Text.\n<think>\nhm\n</think>\nMore.\n\n`<think>`\n' }],
  ],
  ['a closing tag in code', hermes, '```\n</think>\n```', [{ text: '```\n</think>\n```' }]],
  ['the end of a turn of GLM', glm47, 'Hello.<|observation|>', HELLO],
  ['the end of a turn of Ling', glm45, 'Hello.<|role_end|>', HELLO],
  [
    'a closing tag right after a word',
    hermes,
    'So it is.</think>Hello.',
    [{ text: 'So it is.Hello.' }],
  ],
  [
    'both tags in a mention',
    hermes,
    'Write <think>…</think> around it.',
    [{ text: 'Write <think>…</think> around it.' }],
  ],
  [
    'a control token right after a word',
    commandR7b,
    'So.<|END_THINKING|>Hello.',
    [{ text: 'So.Hello.' }],
  ],
  ['the end of an answer', commandR7b, 'Hello.<|END_RESPONSE|>', HELLO],
  [
    'a doubled beginning of an answer',
    commandR7b,
    '<|START_RESPONSE|><|START_RESPONSE|>Hello.<|END_RESPONSE|>',
    HELLO,
  ],
  ['the end of an answer in tags', hunyuan, 'Hello.\n</answer>', HELLO],
  ['the box of GLM-4.5V', glm45, '<|begin_of_box|>Hello.<|end_of_box|>', HELLO],
  [
    'a message of a user in Harmony',
    harmony,
    '<|channel|>final<|message|>Hello.<|end|><|start|>user<|message|>Foo<|end|>',
    HELLO,
  ],
  [
    'a result in Harmony',
    harmony,
    '<|start|>functions.ping to=assistant<|channel|>commentary<|message|>1<|end|><|start|>assistant<|channel|>final<|message|>Hello.',
    HELLO,
  ],
  ['marks of turns of Command R', commandR, '<|CHATBOT_TOKEN|>Hello.<|END_OF_TURN_TOKEN|>', HELLO],
];

const PARIS: Found = { call: 'get_weather', input: { city: 'Paris' } };
const PING: Found = { call: 'ping', input: {} };
const DSML =
  '<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" string="true">Paris</｜DSML｜parameter>\n</｜DSML｜invoke>';
const HERMES = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>';
const INVOKE = '<invoke name="get_weather">\n<parameter name="city">Paris</parameter>\n</invoke>';
const DEEPSEEK =
  '<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris"}<｜tool▁call▁end｜>';
const KIMI =
  '<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Paris"}';
const LIST = '[{"name": "get_weather", "arguments": {"city": "Paris"}}]';

/** Calls in other marks than the template's. The grammar need not admit those with a name of their own. */
const OTHER: readonly (readonly [string, ChatFormat, string, readonly Found[]])[] = [
  ['Kimi without a section', kimi, `${KIMI}<|tool_call_end|>`, [PARIS]],
  ['Kimi without a section and ends', kimi, KIMI, [PARIS]],
  [
    'Kimi without the end of the first one',
    kimi,
    `${KIMI}<|tool_call_begin|>functions.ping:1<|tool_call_argument_begin|>{}<|tool_call_end|>`,
    [PARIS, PING],
  ],
  [
    'Kimi with the singular tag',
    kimi,
    `<|tool_call_section_begin|>${KIMI}<|tool_call_end|><|tool_calls_section_end|>`,
    [PARIS],
  ],
  [
    'Kimi with both singular tags',
    kimi,
    `<|tool_call_section_begin|>${KIMI}<|tool_call_end|><|tool_call_section_end|>Hello.`,
    [PARIS, ...HELLO],
  ],
  [
    'Hermes with a doubled closing tag',
    hermes,
    `${HERMES}\n</tool_call>\nHello.`,
    [PARIS, ...HELLO],
  ],
  ['MiniMax without a block', minimax, INVOKE, [PARIS]],
  ['DeepSeek V3.1 without a block', deepseekV31, DEEPSEEK, [PARIS]],
  [
    'DeepSeek V3.1 with another spelling',
    deepseekV31,
    `<｜tool_calls_begin｜>${DEEPSEEK}<｜tool▁calls▁end｜>`,
    [PARIS],
  ],
  [
    'Gemma 4 with keys of JSON',
    gemma4,
    '<|tool_call>call:get_weather{"city": "Paris"}<tool_call|>',
    [PARIS],
  ],
  [
    'Harmony without a mark before the channel',
    harmony,
    '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Paris"}<|call|>commentary to=functions.ping <|constrain|>json<|message|>{}<|call|>',
    [PARIS, PING],
  ],
  ['DeepSeek without a block', deepseekV4, DSML, [PARIS]],
  ['two of DeepSeek without a block', deepseekV4, `${DSML}\n${DSML}`, [PARIS, PARIS]],
  [
    'DeepSeek V4 in the block of V3.2',
    deepseekV4,
    `<｜DSML｜function_calls>\n${DSML}\n</｜DSML｜function_calls>`,
    [PARIS],
  ],
  [
    'DeepSeek V3.2 in the block of V4',
    deepseekV32,
    `<｜DSML｜tool_calls>\n${DSML}\n</｜DSML｜tool_calls>`,
    [PARIS],
  ],
  ['Mistral as a list', mistralArgs, `[TOOL_CALLS]${LIST}`, [PARIS]],
  ['Mistral with marks', mistralList, '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}', [PARIS]],
  ['Mistral without a mark', mistralList, '[TOOL_CALLS]get_weather{"city": "Paris"}', [PARIS]],
  [
    'Mistral without a mark between',
    mistralArgs,
    '[TOOL_CALLS]get_weather{"city": "Paris"}',
    [PARIS],
  ],
  ['Granite 3.1', granite, `<tool_call>${LIST}</tool_call>`, [PARIS]],
  [
    'Gemma 4 without a word',
    gemma4,
    '<|tool_call>:get_weather{city:<|"|>Paris<|"|>}<tool_call|>',
    [PARIS],
  ],
];

function expectRead(format: ChatFormat, output: string, expected: readonly Found[]): void {
  for (let place = 0; place < output.length; place++) {
    expect(readPieces(format, cut(output, [place])), `cut at ${place}`).toEqual(expected);
  }
  expect(readPieces(format, output.split(''))).toEqual(expected);
}

describe('a mark without a counterpart', () => {
  covers('R3.2-text', 'R3.2-splits');

  it.each(STRAY)(
    'is no text, or stays text in a mention: %s',
    (_title, format, output, expected) => {
      expectRead(format, output, expected);
    },
  );
});

describe('an answer that begins in thinking after a trigger without a call', () => {
  it('is read the same in every cut', () => {
    const output = '<|START_ACTION|><|START_RESPONSE|>Hello.<|END_THINKING|>';
    for (let place = 0; place < output.length; place++) {
      const pieces = readPieces(commandR7b, cut(output, [place]), { thinkingOpen: true });
      expect(pieces, `cut at ${place}`).toEqual([{ thinking: '<|START_ACTION|>' }, ...HELLO]);
    }
  });
});

describe('calls in other marks than those of the template', () => {
  covers('R3.2-calls', 'R3.2-splits');

  it.each(OTHER)('are read: %s', (_title, format, output, expected) => {
    expectRead(format, output, expected);
  });

  const withTrigger = OTHER.filter(([, { name }]) => !/mistral|gemma/.test(name));

  it.each(withTrigger)('are admitted by the grammar: %s', async (_title, format, output) => {
    const sections = callSections(format, output);
    expect(sections).not.toEqual([]);
    for (const { trigger, text } of sections) {
      const admits = await compileCalls(format, TOOLS, { trigger, parallel: true });
      expect([admits(text), admits('{}')]).toEqual([true, false]);
    }
  });
});
