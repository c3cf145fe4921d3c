import type { Conversation, Part, ToolSpec, Turn } from '../core/conversation.ts';
import { templateMessages, templateTools } from './messages.ts';
import { ControlTokens } from './control-tokens.ts';
import type { ChatFormat } from '../formats/format.ts';
import { Placeholders } from './placeholders.ts';
import type { TemplateRenderer } from './render.ts';
import { spliceMessages } from './template-workarounds.ts';
import type { TemplateTraits } from './template-traits.ts';
import { templateVariables } from './template-variables.ts';

/** What every template takes: users and answers in turn. */
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

/** A text that a template must show: a word of its own. */
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

/** A conversation whose user and assistant take turns. */
export function taking(...turns: readonly (readonly Part[])[]): Conversation {
  return {
    system: [],
    turns: turns.map((parts, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', parts })),
    tools: [],
  };
}

/** The conversation with a system prompt, and with a system message behind its first turn. */
export function told({ turns, tools }: Conversation, word: string, later?: string): Conversation {
  const between: readonly Turn[] =
    later === undefined ? [] : [{ role: 'system', parts: [said(later)] }];
  return {
    system: [{ kind: 'text', text: `PROBE-${word}` }],
    turns: [...turns.slice(0, 1), ...between, ...turns.slice(1)],
    tools,
  };
}

/** A tool that a template must show. */
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

/** Places of a schema that templates have been seen to stumble over. */
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
      list: { type: 'array' },
      tuple: { type: 'array', prefixItems: [{ type: 'string' }] },
      other: { $ref: '#/$defs/other' },
    },
    $defs: { other: { type: 'object', properties: { next: { $ref: '#/$defs/other' } } } },
  },
};

/** Renders conversations with a template and looks for their words. */
export class Probe {
  readonly #render: TemplateRenderer;
  readonly #format: ChatFormat;
  readonly #tokens: { readonly bos: string; readonly eos: string };

  constructor(
    render: TemplateRenderer,
    format: ChatFormat,
    tokens: { readonly bos: string; readonly eos: string },
  ) {
    this.#render = render;
    this.#format = format;
    this.#tokens = tokens;
  }

  /** The rendered text, or undefined where the template raises. */
  render(
    conversation: Conversation,
    traits: TemplateTraits,
    variables: Readonly<Record<string, unknown>> = {},
  ): string | undefined {
    const placeholders = new Placeholders(new ControlTokens([]));
    const messages = templateMessages(conversation, traits);
    try {
      const rendered = this.#render({
        messages: spliceMessages(messages, placeholders, this.#format),
        ...templateVariables({ thinking: { mode: 'adaptive' } }, traits),
        add_generation_prompt: true,
        bos_token: this.#tokens.bos,
        eos_token: this.#tokens.eos,
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

  /** Whether each word of the conversation is shown exactly once, and in order. */
  shows(conversation: Conversation, traits: TemplateTraits): boolean {
    const expected = wordsOf(JSON.stringify([conversation.system, conversation.turns]));
    return wordsOf(this.render(conversation, traits)) === expected;
  }

  /** Whether tools that are passed to the template are shown. */
  showsTools(parameters: TemplateTraits['parameters'], kind: 'plain' | 'odd'): boolean {
    const tools = templateTools(
      kind === 'plain' ? [PROBE_TOOL] : [PROBE_TOOL, ODD_TOOL],
      parameters,
    );
    const functions = JSON.stringify(tools);
    const rendered = this.render(taking([said('U')]), NO_TRAITS, { tools, functions }) ?? '';
    return [PROBE_TOOL.name, PROBE_TOOL.description, 'probe_key'].every((word) =>
      rendered.includes(word),
    );
  }
}

function wordsOf(text = ''): string {
  return (text.match(/PROBE-\w+/g) ?? []).join(' ');
}
