import { describe, expect, it } from 'vitest';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import { FORMATS } from '../../src/formats/choose.ts';
import { injectedFormat, injectedTraits, injectionFor } from '../../src/prompt/inject.ts';
import { templateMessages, templateTools } from '../../src/prompt/messages.ts';
import { Placeholders } from '../../src/prompt/placeholders.ts';
import type { ChatTemplate } from '../../src/prompt/render.ts';
import { applyWorkarounds } from '../../src/prompt/template-workarounds.ts';
import { templateVariables } from '../../src/prompt/template-variables.ts';
import type { Part, ToolSpec, Turn } from '../../src/core/conversation.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../support/real-templates.ts';
import { readPieces } from './read-output.ts';
import { SCENARIOS, TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';
import { FAMILY_OF, UNREADABLE } from './template-families.ts';
import { covers } from '../support/covers.ts';

const NAMES = [...REAL_TEMPLATES.keys()];

describe.skipIf(areTemplatesMissing())('a published template', () => {
  covers('R3.2-recognised');

  it.each(NAMES)('is recognized by one family only: %s', (name) => {
    const source = REAL_TEMPLATES.get(name) ?? '';
    const claimed = FORMATS.filter(
      (format) => format.name !== 'plain' && format.recognises(source),
    ).map((format) => format.name);
    const family = FAMILY_OF[name];
    expect(claimed).toEqual(family === 'plain' ? [] : [family]);
  });
});

const CALLS = Object.entries(SCENARIOS).flatMap(([scenario, expected]) => {
  if (expected === 'as-written') return [];
  const calls = expected.filter((found) => 'input' in found);
  return calls.length === 0 ? [] : [[scenario, calls] as const];
});

const WITH_CALLS = NAMES.filter((name) => FAMILY_OF[name] !== 'plain').flatMap((name) =>
  CALLS.flatMap(([scenario, calls]) => {
    const left = UNREADABLE[name]?.scenarios ?? [];
    return left === 'all' || left.includes(scenario) ? [] : [[name, scenario, calls] as const];
  }),
);

describe.skipIf(areTemplatesMissing())('past calls', () => {
  covers('R3.1-template', 'R3.2-calls');

  const templates = new Map<string, ChatTemplate>();

  it.each(WITH_CALLS)('are parsed again from the text of %s: %s', (name, _scenario, calls) => {
    const template = templates.get(name) ?? setUp(REAL_TEMPLATES.get(name) ?? '');
    templates.set(name, template);
    const { native, thinkingOpen } = nativeCalls(template, calls);
    for (const pieces of [[native], native.split('')]) {
      const found = readPieces(template.format, pieces, { thinkingOpen });
      expect({ native, found }).toEqual({ native, found: calls });
    }
  });
});

/** Template with its family, or with Hermes calls if it does not support tools. */
function setUp(source: string): ChatTemplate {
  const template = realTemplate(source);
  const injection = { ...injectionFor(template.format, template.traits), thinking: false };
  return {
    ...template,
    format: injectedFormat(template.format, injection),
    traits: injectedTraits(template.traits, injection),
  };
}

type Called = Extract<Found, { readonly input: unknown }>;

/** Text of a template for a turn of calls only, without the end of the turn. */
function nativeCalls(
  template: ChatTemplate,
  calls: readonly Called[],
): { readonly native: string; readonly thinkingOpen: boolean } {
  const tools = SPECS.filter(({ name }) => calls.some(({ call }) => call === name));
  const prompt = renderTurns(template, tools, [ASKED], true);
  const parts = calls.map(({ call, input }, index): Part => ({
    kind: 'tool-call',
    id: `toolu_${index}`,
    name: call,
    input,
  }));
  const called = renderTurns(template, tools, [ASKED, { role: 'assistant', parts }], false);
  const said = renderTurns(template, tools, [ASKED, SAID], false);
  const ending = said.slice(said.lastIndexOf(WORD) + WORD.length);
  const body = ending !== '' && called.endsWith(ending) ? called.slice(0, -ending.length) : called;
  const shared = sharedLength(prompt, body);
  const tags = template.format.thinking;
  const thinkingOpen = tags !== undefined && prompt.slice(0, shared).trimEnd().endsWith(tags.open);
  const native = body.slice(shared).replace(TURN_END, '');
  return { native: thinkingOpen ? native : withoutEmptyThinking(native, template), thinkingOpen };
}

/** End of a turn of calls, if it differs from the end of a turn of text. */
const TURN_END = /<\|(eom_id|eot_id|END_OF_TURN_TOKEN|tool_response)\|?>[^]*$/;

/** Length of the common prefix of a prompt and a rendering, up to the start of a tag that differs. */
function sharedLength(prompt: string, rendering: string): number {
  let length = 0;
  while (length < prompt.length && prompt[length] === rendering[length]) length++;
  const tag = prompt.lastIndexOf('<', length - 1);
  return length < prompt.length && prompt.indexOf('>', tag) >= length ? tag : length;
}

/** Removes tags of empty thinking, which templates write differently for past turns. */
function withoutEmptyThinking(native: string, { format }: ChatTemplate): string {
  if (format.thinking === undefined) return native;
  const { open, close } = format.thinking;
  const opened = native.trimStart().startsWith(open);
  const rest = opened ? native.trimStart().slice(open.length) : native;
  return rest.trimStart().startsWith(close) ? rest.trimStart().slice(close.length) : native;
}

const WORD = 'PROBE-END';
const ASKED: Turn = { role: 'user', parts: [{ kind: 'text', text: 'What is the weather?' }] };
const SAID: Turn = { role: 'assistant', parts: [{ kind: 'text', text: WORD }] };

const SPECS: readonly ToolSpec[] = TOOLS.map(({ name, inputSchema }) => ({
  name,
  description: `Does ${name}.`,
  inputSchema,
  origin: { kind: 'custom' },
  deferred: false,
}));

function renderTurns(
  template: ChatTemplate,
  specs: readonly ToolSpec[],
  turns: readonly Turn[],
  goesOn: boolean,
): string {
  const { traits, bos, eos } = template;
  const tools = templateTools(specs, traits.parameters);
  const messages = templateMessages({ system: [], turns, tools: specs }, traits);
  const placeholders = new Placeholders(new ControlTokens([]));
  const rendered = template.render({
    messages: applyWorkarounds(messages, placeholders, template.format),
    tools,
    functions: JSON.stringify(tools),
    ...templateVariables({ thinking: { mode: 'disabled' } }, traits),
    add_generation_prompt: goesOn,
    bos_token: bos,
    eos_token: eos,
  });
  const stretches = placeholders.restore(rendered, traits.calls?.lead);
  return stretches.map(({ text }) => text).join('');
}
