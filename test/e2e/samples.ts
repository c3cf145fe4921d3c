/** Expectations of the answer to a sample. */
export type Expectation =
  | 'text'
  | 'stream'
  | 'models'
  /** A call of the tool with arguments of this form, among others; then its result, and a text. */
  | { readonly calls: string; readonly input: Readonly<Record<string, RegExp>> }
  | { readonly error: string };

/** One sample of the documents that the product is made from, in our own short form. */
export interface Sample {
  /** Number of the document, the sample, and its languages there. */
  readonly source: string;
  readonly route?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absent for a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly holds: Expectation;
  /** Pattern of the text, if more than "not empty" is known. */
  readonly text?: RegExp;
}

const VERSION = { 'anthropic-version': '2023-06-01' };
const KEYED = { 'x-api-key': 'your-service-api-key', ...VERSION };
const BEARER = { authorization: 'Bearer your-service-api-key' };
const REPORT = /^The weather in (Paris|San Francisco) is 18 degrees and cloudy\.$/;
const GREETING = /hello|hi|hear|help|well|thank/i;

const says = (content: unknown) => [{ role: 'user', content }];

const sonnet = (content: unknown, more: object = {}) => ({
  model: 'claude-3-sonnet',
  max_tokens: 100,
  messages: says(content),
  ...more,
});

const haiku = (content: string, max_tokens = 1024) => ({
  model: 'claude-haiku-4-5',
  max_tokens,
  messages: says(content),
});

const qwen = (content: string, more: object = {}) => ({
  model: 'qwen3-coder',
  max_tokens: 1024,
  messages: says(content),
  ...more,
});

const weatherTool = (location: string, unit?: object) => ({
  name: 'get_weather',
  description: 'Get the current weather in a location',
  input_schema: {
    type: 'object',
    properties: {
      location: { type: 'string', description: location },
      ...(unit === undefined ? {} : { unit }),
    },
    required: ['location'],
  },
});

const UNIT = { type: 'string', enum: ['celsius', 'fahrenheit'], description: 'Temperature unit' };
const WEATHER = { tools: [weatherTool('City name', UNIT)] };
const WEATHER_QUESTION = "What's the weather in Paris?";

const DATABASE = {
  name: 'search_database',
  description: 'Search for information in the database',
  input_schema: {
    type: 'object',
    properties: {
      query: { type: 'string' },
      table: { type: 'string', enum: ['users', 'products', 'orders'] },
      limit: { type: 'integer', minimum: 1, maximum: 100 },
    },
    required: ['query', 'table'],
  },
};

const CALCULATE = {
  name: 'calculate',
  description: 'Perform mathematical calculations',
  input_schema: {
    type: 'object',
    properties: {
      expression: { type: 'string', description: 'Mathematical expression to evaluate' },
    },
    required: ['expression'],
  },
};

const TOOL_CONVERSATION = [
  ...says(WEATHER_QUESTION),
  {
    role: 'assistant',
    content: [
      { type: 'text', text: "I'll check the weather in Paris for you." },
      {
        type: 'tool_use',
        id: 'toolu_abc123',
        name: 'get_weather',
        input: { location: 'Paris', unit: 'celsius' },
      },
    ],
  },
  ...says([
    {
      type: 'tool_result',
      tool_use_id: 'toolu_abc123',
      content: 'The weather in Paris is 22°C and sunny.',
    },
  ]),
];

const PYTHON_CHAT = [
  ...says('What is Python?'),
  { role: 'assistant', content: 'Python is a high-level programming language...' },
  ...says('Show me a simple example'),
];

const COMPLETE = {
  max_tokens: 1000,
  system: 'You are a helpful assistant specialized in Python programming.',
  temperature: 0.7,
  top_p: 0.9,
  stop_sequences: ['```', '---'],
  stream: false,
};

const SYSTEM_BLOCKS = [
  { type: 'text', text: 'You are a helpful assistant.' },
  { type: 'text', text: 'Always respond in a friendly tone.' },
];

const CODE_BLOCKS = [
  { type: 'text', text: 'Analyze this code:' },
  { type: 'text', text: "```python\ndef hello():\n    print('Hello, world!')\n```" },
];

const CLAUDE_SYSTEM =
  'You are Claude, an AI assistant created by Anthropic. You are helpful, harmless, and honest.';

const compatible = (content: string, more: object = {}) => ({
  model: 'your-model-name',
  max_tokens: 1024,
  messages: says(content),
  ...more,
});

const INTEGRATE = compatible('How can I integrate Anthropic-compatible APIs?', {
  system: 'You are a helpful assistant.',
});

const streamed = { stream: true };

/** All samples of the five documents; the tables after each heading are one document's. */
export const SAMPLES: readonly Sample[] = [
  // 000: a coding agent's Anthropic API
  {
    source: '000 /v1/messages (curl)',
    headers: KEYED,
    body: haiku('Hello, how are you?'),
    holds: 'text',
    text: GREETING,
  },
  { source: '000 default names (curl)', body: haiku('Hello!'), holds: 'text', text: GREETING },
  {
    source: '000 verifying the server (curl)',
    headers: { 'x-api-key': 'ollama' },
    body: haiku('Hi', 10),
    holds: 'text',
    text: GREETING,
  },

  // 001: a proxy's Messages API
  {
    source: '001 authentication, Bearer (HTTP)',
    headers: BEARER,
    body: sonnet('Hello, Claude!'),
    holds: 'text',
  },
  {
    source: '001 authentication, x-api-key (HTTP)',
    headers: { 'x-api-key': 'your-service-api-key' },
    body: sonnet('Hello, Claude!'),
    holds: 'text',
  },
  {
    source: '001 basic message (JSON, curl, JavaScript, Python)',
    headers: KEYED,
    body: sonnet('Hello, Claude!'),
    holds: 'text',
    text: GREETING,
  },
  {
    source: '001 complete request (JSON)',
    body: sonnet(
      [{ type: 'text', text: 'Write a Python function to calculate fibonacci numbers' }],
      COMPLETE,
    ),
    holds: 'text',
  },
  {
    source: '001 system as a string (JSON)',
    body: sonnet('Hello, Claude!', { system: 'You are a helpful assistant.' }),
    holds: 'text',
  },
  {
    source: '001 system as blocks (JSON)',
    body: sonnet('Hello, Claude!', { system: SYSTEM_BLOCKS }),
    holds: 'text',
  },
  {
    source: '001 system, effectively (JSON)',
    body: sonnet('Hello, Claude!', { system: CLAUDE_SYSTEM }),
    holds: 'text',
  },
  {
    source: '001 simple text (JSON)',
    body: sonnet('What is the capital of France?', { temperature: 0 }),
    holds: 'text',
    text: /Paris/,
  },
  { source: '001 structured content (JSON)', body: sonnet(CODE_BLOCKS), holds: 'text' },
  { source: '001 streaming (JSON)', body: sonnet('Tell me a story', streamed), holds: 'stream' },
  {
    source: '001 streaming message (curl)',
    headers: KEYED,
    body: sonnet('Tell me about AI', streamed),
    holds: 'stream',
  },
  {
    source: '001 streaming message (Python)',
    headers: KEYED,
    body: sonnet('Tell me a joke', streamed),
    holds: 'stream',
  },
  {
    source: '001 streaming message (JavaScript)',
    headers: KEYED,
    body: sonnet('Count from 1 to 10', { ...streamed, temperature: 0 }),
    holds: 'stream',
    text: /^1, 2, 3, 4, 5, 6, 7, 8, 9, 10$/,
  },
  {
    source: '001 multi-turn (JSON)',
    body: sonnet('', { max_tokens: 200, messages: PYTHON_CHAT }),
    holds: 'text',
  },
  {
    source: '001 tool definition (JSON)',
    body: sonnet(WEATHER_QUESTION, WEATHER),
    holds: { calls: 'get_weather', input: { location: /^Paris$/ } },
    text: REPORT,
  },
  {
    source: '001 tool_choice auto (JSON)',
    body: sonnet(WEATHER_QUESTION, { ...WEATHER, tool_choice: { type: 'auto' } }),
    holds: { calls: 'get_weather', input: { location: /^Paris$/ } },
    text: REPORT,
  },
  {
    source: '001 tool_choice any (JSON)',
    body: sonnet(WEATHER_QUESTION, { ...WEATHER, tool_choice: { type: 'any' } }),
    holds: { calls: 'get_weather', input: { location: /^Paris$/ } },
    text: REPORT,
  },
  {
    source: '001 tool_choice tool (JSON)',
    body: sonnet(WEATHER_QUESTION, {
      ...WEATHER,
      tool_choice: { type: 'tool', name: 'get_weather' },
    }),
    holds: { calls: 'get_weather', input: { location: /^Paris$/ } },
    text: REPORT,
  },
  {
    source: '001 tool_choice none (JSON)',
    body: sonnet(WEATHER_QUESTION, { ...WEATHER, tool_choice: { type: 'none' } }),
    holds: 'text',
  },
  {
    source: '001 tool result (JSON)',
    body: sonnet('', { ...WEATHER, messages: TOOL_CONVERSATION }),
    holds: 'text',
    text: /^The weather in Paris is 22/,
  },
  {
    source: '001 complex tool (Python)',
    body: sonnet('Search the users for Alice', { tools: [DATABASE] }),
    holds: {
      calls: 'search_database',
      input: { query: /Alice/, table: /^(users|products|orders)$/ },
    },
    text: /result is/,
  },
  {
    source: '001 tool schema design (JSON)',
    body: sonnet('Calculate 2 + 2', { tools: [CALCULATE] }),
    holds: { calls: 'calculate', input: { expression: /^2 \+ 2$/ } },
    text: /4/,
  },
  {
    source: '001 custom stop sequences (JSON)',
    body: sonnet('Write code and stop at the first ```', {
      max_tokens: 500,
      stop_sequences: ['```', '---', 'END'],
    }),
    holds: 'text',
  },
  {
    source: '001 common errors (JSON)',
    body: { model: 'claude-3-sonnet', messages: says('Hello!') },
    holds: { error: 'max_tokens' },
  },
  {
    source: '001 error handling (Python)',
    headers: KEYED,
    body: sonnet('Hello!'),
    holds: 'text',
    text: GREETING,
  },

  // 002: a model runner's Anthropic compatibility
  {
    source: '002 basic (curl, JavaScript, Python)',
    headers: { 'x-api-key': 'ollama', ...VERSION },
    body: qwen('Hello, how are you?'),
    holds: 'text',
    text: GREETING,
  },
  {
    source: '002 streaming (curl, JavaScript, Python)',
    body: qwen('Count from 1 to 10', { ...streamed, temperature: 0 }),
    holds: 'stream',
    text: /^1, 2, 3, 4, 5, 6, 7, 8, 9, 10$/,
  },
  {
    source: '002 tools (JavaScript, Python)',
    headers: KEYED,
    body: qwen("What's the weather in San Francisco?", {
      tools: [weatherTool('The city and state, e.g. San Francisco, CA')],
    }),
    holds: { calls: 'get_weather', input: { location: /^San Francisco$/ } },
    text: REPORT,
  },
  {
    source: '002 tools (curl)',
    body: qwen('What is the weather in San Francisco?', {
      tools: [weatherTool('The city and state')],
    }),
    holds: { calls: 'get_weather', input: { location: /^San Francisco$/ } },
    text: REPORT,
  },
  {
    source: '002 default model names (curl)',
    body: { ...qwen('Hello!'), model: 'claude-3-5-sonnet' },
    holds: 'text',
    text: GREETING,
  },

  // 003: how to call an Anthropic-compatible API
  { source: '003 create (curl, Python)', headers: KEYED, body: INTEGRATE, holds: 'text' },
  {
    source: '003 streaming (Python)',
    headers: KEYED,
    body: compatible('Write a short poem about streaming.', streamed),
    holds: 'stream',
  },
  { source: '003 models (curl, Python)', route: '/v1/models', headers: KEYED, holds: 'models' },

  // 004: a proxy with a trailing /anthropic
  {
    source: '004 quick start (Python)',
    route: '/anthropic/v1/messages',
    headers: KEYED,
    body: { model: 'claude-3-haiku-20240307', max_tokens: 256, messages: says('Hello!') },
    holds: 'text',
    text: GREETING,
  },
  { source: '004 models', route: '/anthropic/v1/models', headers: KEYED, holds: 'models' },
];
