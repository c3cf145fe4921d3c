/** Calls of the tool `look` with `it` for `at`, as families write them, by the family. */
export const LEAKED_CALLS: readonly (readonly [string, string])[] = [
  ['Hermes', '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>'],
  ['Hermes with parameters', '<tool_call>{"name": "look", "parameters": {"at": "it"}}</tool_call>'],
  [
    'Hermes with a function around it',
    '<tool_call>{"type": "function", "function": {"name": "look", "arguments": {"at": "it"}}}</tool_call>',
  ],
  ['Hermes in a list', '<tool_call>[{"name": "look", "arguments": {"at": "it"}}]</tool_call>'],
  ['Hermes in Python', "<tool_call>{'name': 'look', 'arguments': {'at': 'it'}}</tool_call>"],
  ['Hermes, flat', '<tool_call>{"name": "look", "type": "function", "at": "it"}</tool_call>'],
  ['Hermes in Python, flat', "<tool_call>{'name': 'look', 'at': 'it'}</tool_call>"],
  ['Hermes in another case', '<tool_call>{"name": "Look", "arguments": {"at": "it"}}</tool_call>'],
  [
    'Hermes in a fence',
    '<tool_call>\n```json\n{"name": "look", "arguments": {"at": "it"}}\n```\n</tool_call>',
  ],
  [
    'Qwen3-Coder',
    '<tool_call>\n<function=look>\n<parameter=at>\nit\n</parameter>\n</function>\n</tool_call>',
  ],
  ['Mistral', '[TOOL_CALLS][{"name": "look", "arguments": {"at": "it"}}]'],
  ['Devstral', '[TOOL_CALLS]look[ARGS]{"at": "it"}'],
  [
    'DeepSeek',
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>look<｜tool▁sep｜>{"at": "it"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  ],
  ['LFM2', '<|tool_call_start|>[look(at="it")]<|tool_call_end|>'],
  ['Llama 3', '{"name": "look", "parameters": {"at": "it"}}'],
  ['Functionary', '<function=look>{"at": "it"}</function>'],
  ['a fence', '```json\n{"name": "look", "arguments": {"at": "it"}}\n```'],
  [
    'a fence without a language',
    '```\n{\n  "name": "look",\n  "arguments": {"at": "it"}\n}\n```\n',
  ],
];

/** Texts that only resemble such calls. */
export const LIKE_CALLS = [
  'Hello.',
  'Write <think> before you answer.',
  'Use <tool_call> to call a tool.',
  'Use <function=look> in your code.',
  '<tool_call>\n{"name": "other", "arguments": {}}\n</tool_call>',
  '<tool_call>{"name": "look", "argu',
  '<tool_call>[1, 2]</tool_call>',
  '[TOOL_CALLS] is a token of Mistral.',
  '[TOOL_CALLS]look[ARGS]{"at": ',
  '<function=look>\n<parameter=at>\nnever closed',
  '{"name": "look"',
  '```json\n{"name": "look", "arguments": {"at": "it"}}\n```\nThat is a call.',
  'A call:\n```json\n{"name": "look", "arguments": {"at": "it"}}\n```',
  '```json\n{"name": "look", "arguments": {"at": "it"}}',
  '```json\n{"name": "other"}\n```',
  '{"name": "other", "parameters": {}}',
  ' <thin',
];
