import { templateMessages, templateTools } from '../../src/prompt/messages.ts';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import { Placeholders } from '../../src/prompt/placeholders.ts';
import type { ChatTemplate } from '../../src/prompt/render.ts';
import { applyWorkarounds } from '../../src/prompt/template-workarounds.ts';
import { templateVariables } from '../../src/prompt/template-variables.ts';
import type { Part, ToolSpec, Turn } from '../../src/core/conversation.ts';
import { TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';

export type Called = Extract<Found, { readonly input: unknown }>;

/** Text of a template for a turn of calls only, without the end of the turn. */
export function nativeCalls(
  template: ChatTemplate,
  calls: readonly Called[],
): { readonly native: string; readonly thinkingOpen: boolean } {
  const tools = toolSpecs(calls);
  const prompt = renderTurns(template, tools, [USER_TURN], true);
  const called = renderTurns(template, tools, [USER_TURN, callTurn(calls)], false);
  const said = renderTurns(template, tools, [USER_TURN, SAID], false);
  const ending = said.slice(said.lastIndexOf(WORD) + WORD.length);
  const body = ending !== '' && called.endsWith(ending) ? called.slice(0, -ending.length) : called;
  const shared = sharedLength(prompt, body);
  const tags = template.format.thinking;
  const thinkingOpen = tags !== undefined && prompt.slice(0, shared).trimEnd().endsWith(tags.open);
  const native = body.slice(shared).replace(TURN_END, '');
  return { native: thinkingOpen ? native : withoutEmptyThinking(native, template), thinkingOpen };
}

/** The tools that these calls are of. */
export function toolSpecs(calls: readonly Called[]): readonly ToolSpec[] {
  return SPECS.filter(({ name }) => calls.some(({ call }) => call === name));
}

/** Turn of a model with these calls. */
export function callTurn(calls: readonly Called[]): Turn {
  const parts = calls.map(({ call, input }, index): Part => ({
    kind: 'tool-call',
    id: `toolu_${index}`,
    name: call,
    input,
  }));
  return { role: 'assistant', parts };
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
/** Turn of the user. */
export const USER_TURN: Turn = {
  role: 'user',
  parts: [{ kind: 'text', text: 'What is the weather?' }],
};
const SAID: Turn = { role: 'assistant', parts: [{ kind: 'text', text: WORD }] };

const SPECS: readonly ToolSpec[] = TOOLS.map(({ name, inputSchema }) => ({
  name,
  description: `Does ${name}.`,
  inputSchema,
  origin: { kind: 'custom' },
  deferred: false,
}));

/** Text of these turns, without thinking. */
export function renderTurns(
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
