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
  [
    'Harmony',
    '<|channel|>commentary to=functions.look <|constrain|>json<|message|>{"at": "it"}<|call|>',
  ],
  [
    'Harmony with the start of its message',
    '<|start|>assistant<|channel|>commentary to=functions.look<|message|>{"at": "it"}',
  ],
  [
    'Harmony with the recipient first',
    '<|start|>assistant to=functions.look<|channel|>commentary json<|message|>{"at": "it"}<|call|>',
  ],
  ['Functionary with a recipient', '>>>look\n{"at": "it"}'],
  ['a function', '{"type": "function", "function": {"name": "look", "arguments": {"at": "it"}}}'],
  [
    'a function without spaces',
    '{"type":"function","function":{"name":"look","arguments":{"at":"it"}}}',
  ],
  [
    'a function in a list',
    '[{"type": "function", "function": {"name": "look", "arguments": {"at": "it"}}}]',
  ],
  [
    'a function in a fence',
    '```json\n{\n  "type": "function",\n  "function": {\n    "name": "look",\n    "arguments": {"at": "it"}\n  }\n}\n```\n',
  ],
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
  'gpt-oss writes <|channel|>commentary to=functions.look for a call.',
  'Send to=functions.look<|message|> and then the arguments.',
  '<|channel|>commentary to=functions.other<|message|>{"at": "it"}<|call|>',
  '<|channel|>commentary to=functions.look<|message|>{"at": ',
  '>>> look\n{"at": "it"}',
  '>>>look\nis no call.',
  '>>>other\n{"at": "it"}',
  '{"type": "function", "function": {"name": "other", "arguments": {}}}',
  '{"type": "function", "function": {"name": "look", "arguments": {"at": "it"}}}\nThat is a call.',
  '{"type": "function", "function": {"name": "look", "argu',
  '{"type": "function", "fun',
];
