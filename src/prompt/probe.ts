import type { Conversation, Part, ToolSpec, Turn } from '../core/conversation.ts';
import type { JsonObject } from '../core/json.ts';
import { templateMessages, templateTools } from './messages.ts';
import { ControlTokens } from './control-tokens.ts';
import type { ChatFormat } from '../formats/format.ts';
import { Placeholders } from './placeholders.ts';
import type { TemplateRenderer } from './render.ts';
import { applyWorkarounds } from './template-workarounds.ts';
import type { TemplateTraits } from './template-traits.ts';
import type { TemplateTool } from './template-message.ts';
import { templateVariables } from './template-variables.ts';

/** Traits that every template has: it renders alternating user and assistant messages. */
export const NO_TRAITS: TemplateTraits = {
  system: false,
  systemAnywhere: false,
  thinking: 'none',
  emptyThinking: false,
  efforts: [],
  reasoning: undefined,
  tools: false,
  parameters: 'object',
  calls: undefined,
};

/** Text part with a word to find in the rendered prompt. */
export const said = (word: string): Part => ({ kind: 'text', text: `PROBE-${word}` });

export const thought = (word: string): Part => ({ kind: 'thinking', text: `PROBE-${word}` });

export const called = (word: string): Part => ({
  kind: 'tool-call',
  id: `toolu_${word}`,
  name: PROBE_TOOL.name,
  input: { probe_key: `PROBE-${word}` },
});

export const answered = (call: string, word: string): Part => ({
  kind: 'tool-result',
  callId: `toolu_${call}`,
  output: [said(word)],
  isError: false,
});

/** Conversation with alternating turns, starting with the user. */
export function taking(...turns: readonly (readonly Part[])[]): Conversation {
  return {
    system: [],
    turns: turns.map((parts, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', parts })),
    tools: [],
  };
}

/**
 * Conversation with a system prompt.
 *
 * @param later word of a system message after the first turn
 */
export function withSystem(
  { turns, tools }: Conversation,
  word: string,
  later?: string,
): Conversation {
  const between: readonly Turn[] =
    later === undefined ? [] : [{ role: 'system', parts: [said(later)] }];
  return {
    system: [{ kind: 'text', text: `PROBE-${word}` }],
    turns: [...turns.slice(0, 1), ...between, ...turns.slice(1)],
    tools,
  };
}

/** Tool to find in the rendered prompt. */
export const PROBE_TOOL: ToolSpec = {
  name: 'probe_call',
  description: 'PROBE-TOOL',
  inputSchema: {
    type: 'object',
    properties: { probe_key: { type: 'string', description: 'PROBE-KEY' } },
    required: ['probe_key'],
  },
  origin: { kind: 'custom' },
  deferred: false,
};

/** Small conversations that most templates render. */
export const GREETING = taking([said('U')]);
export const TALK = taking([said('U')], [said('A')], [said('N')]);
export const CALL = taking([said('U')], [called('C')], [answered('C', 'R')]);

/** Tool that no conversation calls, without words to find. */
const QUIET_TOOL: ToolSpec = {
  ...PROBE_TOOL,
  name: 'quiet',
  description: 'Does nothing.',
  inputSchema: { type: 'object', properties: { key: { type: 'string', description: 'Any.' } } },
};

/** Tool with the schema features on which some published templates fail. */
const ODD_TOOL: ToolSpec = {
  ...PROBE_TOOL,
  name: 'probe_odd',
  inputSchema: {
    type: 'object',
    properties: {
      any: {},
      always: true,
      several: { type: ['string', 'null'] },
      either: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      one: { enum: ['x', 1, null] },
      nothing: { type: 'null' },
      list: { type: 'array' },
      tuple: { type: 'array', prefixItems: [{ type: 'string' }] },
      other: { $ref: '#/$defs/other' },
    },
    $defs: { other: { type: 'object', properties: { next: { $ref: '#/$defs/other' } } } },
  },
};

/** Places with a boolean, and the same places if the boolean may also be null. */
const UNIONS = (
  [{ type: ['boolean', 'null'] }, { anyOf: [{ type: 'boolean' }, { type: 'null' }] }] as const
).flatMap((union) => [
  [{ type: 'boolean' }, union] as const,
  [
    { type: 'array', items: { type: 'boolean' } },
    { type: 'array', items: union },
  ] as const,
]);

/** Renders conversations with a template and looks for their words in the result. */
export class Probe {
  readonly #render: TemplateRenderer;
  readonly #format: ChatFormat;
  readonly #tokens: { readonly bos: string; readonly eos: string };
  /** Variables of all conversations. */
  readonly #variables: Readonly<Record<string, unknown>>;

  constructor(
    render: TemplateRenderer,
    format: ChatFormat,
    tokens: { readonly bos: string; readonly eos: string },
    variables: Readonly<Record<string, unknown>> = {},
  ) {
    this.#render = render;
    this.#format = format;
    this.#tokens = tokens;
    this.#variables = variables;
  }

  /** The same probe with a tool in each conversation. */
  offering(): Probe {
    const tools = templateTools([QUIET_TOOL], 'object');
    return new Probe(this.#render, this.#format, this.#tokens, { tools });
  }

  /** Rendered text; undefined if the template raises an error. */
  render(
    conversation: Conversation,
    traits: TemplateTraits,
    variables: Readonly<Record<string, unknown>> = {},
  ): string | undefined {
    const placeholders = new Placeholders(new ControlTokens([]));
    const messages = templateMessages(conversation, traits);
    try {
      const rendered = this.#render({
        messages: applyWorkarounds(messages, placeholders, this.#format),
        ...templateVariables({ thinking: { mode: 'adaptive' } }, traits),
        add_generation_prompt: true,
        bos_token: this.#tokens.bos,
        eos_token: this.#tokens.eos,
        ...this.#variables,
        ...variables,
      });
      return placeholders
        .restore(rendered, traits.calls?.lead)
        .map(({ text }) => text)
        .join('');
    } catch {
      return undefined;
    }
  }

  /** Returns true if the rendered text contains each word of the conversation exactly once and in order. */
  shows(conversation: Conversation, traits: TemplateTraits): boolean {
    const expected = wordsOf(JSON.stringify([conversation.system, conversation.turns]));
    return wordsOf(this.render(conversation, traits)) === expected;
  }

  /** Returns true if the rendered text contains the tools that were passed to the template. */
  showsTools(parameters: TemplateTraits['parameters'], kind: 'plain' | 'odd'): boolean {
    const tools = templateTools(
      kind === 'plain' ? [PROBE_TOOL] : [PROBE_TOOL, ODD_TOOL],
      parameters,
    );
    const rendered = this.#withTools(tools) ?? '';
    return [PROBE_TOOL.name, PROBE_TOOL.description, 'probe_key'].every((word) =>
      rendered.includes(word),
    );
  }

  /** Returns true if the rendered text shows which values may be null. */
  showsUnions(parameters: TemplateTraits['parameters']): boolean {
    const rendered = (place: JsonObject) => {
      const inputSchema = { type: 'object', properties: { probe_key: place } };
      return this.#withTools(templateTools([{ ...PROBE_TOOL, inputSchema }], parameters));
    };
    return UNIONS.every(([plain, union]) => {
      const shown = rendered(union) ?? '';
      return /bool/i.test(shown) && shown !== rendered(plain);
    });
  }

  #withTools(tools: readonly TemplateTool[]): string | undefined {
    const functions = JSON.stringify(tools);
    return this.render(taking([said('U')]), NO_TRAITS, { tools, functions });
  }
}

function wordsOf(text = ''): string {
  return (text.match(/PROBE-\w+/g) ?? []).join(' ');
}
