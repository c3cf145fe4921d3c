import { describe, expect, it } from 'vitest';
import type { Conversation, Turn } from '../../../src/core/conversation.ts';
import { chatTemplate, templateOf } from '../../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { CONVERSATIONS } from './conversations.ts';
import { asking, written } from './rendered.ts';
import { covers } from '../../support/covers.ts';

/** Call after text, and its result after a user text. */
const CALLING: Conversation = {
  system: [{ kind: 'text', text: 'S' }],
  turns: [
    { role: 'user', parts: [{ kind: 'text', text: 'Where?' }] },
    {
      role: 'assistant',
      parts: [
        { kind: 'text', text: 'Let me look.' },
        { kind: 'tool-call', id: 'toolu_1', name: 'look_up', input: { place: 'here' } },
      ],
    },
    {
      role: 'user',
      parts: [
        { kind: 'text', text: 'Quick!' },
        {
          kind: 'tool-result',
          callId: 'toolu_1',
          output: [{ kind: 'text', text: 'Found.' }],
          isError: false,
        },
      ],
    },
  ] satisfies readonly Turn[],
  tools: [],
};

/** Template with channels, which has no place for text before a call, and drops thinking elsewhere. */
const CHANNELS = `{%- if tools %}{{- tools | tojson }}{%- endif %}
{%- for message in messages %}
{%- if message.tool_calls %}{%- set call = message.tool_calls[0].function %}
{%- if message.thinking %}{{- '<|start|>assistant<|channel|>analysis<|message|>' + message.thinking + '<|end|>' }}{%- endif %}
{{- '<|start|>assistant to=functions.' + call.name + '<|channel|>commentary json<|message|>' + (call.arguments | tojson) + '<|call|>' }}
{%- elif message.role == 'assistant' %}{{- '<|start|>assistant<|channel|>final<|message|>' + message.content + '<|end|>' }}
{%- else %}{{- '<|start|>' + message.role + '<|message|>' + message.content + '<|end|>' }}{%- endif %}
{%- endfor %}{{- '<|start|>assistant' }}`;

/** Template that prints arguments without a filter. */
const PRINTED = `{%- if tools %}{{- tools | tojson }}{%- endif %}
{%- for message in messages %}{{- '[' + message.role + ']' + message.content }}
{%- for call in message.tool_calls or [] %}<{{ call.function.name }}>{% for key, value in call.function.arguments | items %}<{{ key }}>{{ value }}</{{ key }}>{% endfor %}{% endfor %}
{%- endfor %}{{- '[assistant]' }}`;

describe('calls and results in a template', () => {
  covers('R3.2-fallback', 'R3.1-results-first');

  it('keep their order if the template drops text in messages with calls and counts turns', () => {
    expect(written(chatTemplate('turns'), asking(CALLING))).toMatch(
      /^\[SYSTEM\]S\[\/SYSTEM\]\[INST\]Where\?\[\/INST\]Let me look\.\[TOOL_CALLS\]look_up\[ARGS\]{"place": "here"}\[TOOL_RESULTS\][0-9a-f]{9}Found\.\[\/TOOL_RESULTS\]\[INST\]Quick!\[\/INST\]$/,
    );
  });

  it('get messages of their own if the template accepts one call per message, as JSON text', () => {
    expect(written(chatTemplate('single'), asking(CALLING))).toBe(
      '[user]S\n\nWhere?[assistant]Let me look.[call]look_up{"place":"here"}[tool]Found.[user]Quick![assistant]',
    );
  });

  it('become text in Hermes syntax if the template has no support for them', () => {
    expect(written(chatTemplate('strict'), asking(CALLING))).toBe(
      '[system]S[user]Where?[assistant]Let me look.\n<tool_call>\n{"name": "look_up", "arguments": {"place":"here"}}\n</tool_call>' +
        '[user]<tool_response>\nFound.\n</tool_response>\n\nQuick![assistant]',
    );
  });

  it('show nested values as JSON if the template prints arguments as text', () => {
    const input = { place: 'here', at: { a: 'x' }, tags: ['u', 'v'], not: null, count: 3 };
    const parts = [{ kind: 'tool-call', id: 'toolu_1', name: 'look_up', input } as const];
    const [user, , results] = CALLING.turns;
    const turns = [user, { role: 'assistant', parts } as const, results].filter(
      (turn) => turn !== undefined,
    );
    expect(written(templateOf(PRINTED), asking({ ...CALLING, turns }))).toContain(
      '<place>here</place><at>{"a":"x"}</at><tags>["u","v"]</tags><not>null</not><count>3</count>',
    );
  });

  it('follow thinking and text in messages of their own, in a template with channels', () => {
    const template = templateOf(CHANNELS);
    const [user, calling, results] = CALLING.turns;
    const thought = { kind: 'thinking', text: 'Hm.' } as const;
    const parts = [thought, ...(calling?.parts ?? [])];
    const said = { role: 'assistant', parts } as const;
    const turns = [user, said, results].filter((turn) => turn !== undefined);
    expect(written(template, asking({ ...CALLING, turns }))).toContain(
      'analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>Let me look.<|end|>' +
        '<|start|>assistant to=functions.look_up<|channel|>commentary json<|message|>{"place": "here"}<|call|>',
    );
  });

  it.skipIf(areTemplatesMissing()).each<[string, string]>([
    [
      'mistralai-Mistral-Nemo-Instruct-2407',
      '[INST]S\n\nWhere?[/INST]Let me look.[TOOL_CALLS][{"name": "look_up", "arguments": {"place": "here"}, "id": "',
    ],
    [
      'google-gemma-4-31B-it',
      '<|turn>model\nLet me look.<|tool_call>call:look_up{place:<|"|>here<|"|>}',
    ],
    [
      'openai-gpt-oss-120b',
      '<|start|>assistant<|channel|>commentary<|message|>Let me look.<|end|><|start|>assistant to=functions.look_up',
    ],
    ['LFM2-8B-A1B', 'Let me look.<|tool_call_start|>[look_up(place="here")]<|tool_call_end|>'],
    [
      'ibm-granite-granite-3.3-2B-Instruct',
      'Let me look.<|tool_call|>[{"name":"look_up","arguments":{"place":"here"}}]',
    ],
    ['moonshotai-Kimi-K2', '## Return of functions.look_up:0'],
    ['mistralai-Ministral-3-14B-Reasoning-2512', '[TOOL_RESULTS]Found.\n\nQuick![/TOOL_RESULTS]'],
    [
      'google-gemma-2-2b-it',
      '<start_of_turn>user\n<tool_response>\nFound.\n</tool_response>\n\nQuick!',
    ],
  ])('are rendered in the syntax of %s', (name, expected) => {
    expect(written(realTemplate(REAL_TEMPLATES.get(name) ?? ''), asking(CALLING))).toContain(
      expected,
    );
  });
});

describe('a conversation that a template refuses although its probes passed', () => {
  covers('R3.2-fallback');

  const template = chatTemplate('chatml');
  const raising = {
    ...template,
    render: (variables: Readonly<Record<string, unknown>>) => {
      if (JSON.stringify(variables['messages']).includes('"role":"tool"'))
        throw new Error('no tools');
      return template.render(variables);
    },
  };

  it('is rendered as plain user and assistant messages', () => {
    expect(written(raising, asking(CALLING))).toBe(
      '<|im_start|>user\nS\n\nWhere?<|im_end|>\n' +
        '<|im_start|>assistant\nLet me look.\n<tool_call>\n{"name": "look_up", "arguments": {"place":"here"}}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response>\nFound.\n</tool_response>\n\nQuick!<|im_end|>\n' +
        '<|im_start|>assistant\n<think>\n\n</think>\n\n',
    );
  });

  it('fails with the error of the template if plain messages are refused too', () => {
    const refusing = {
      ...template,
      render: () => {
        throw new Error('not this one');
      },
    };
    const conversation = CONVERSATIONS.get('system') ?? CALLING;
    expect(() => written(refusing, asking(conversation))).toThrow('not this one');
  });
});
