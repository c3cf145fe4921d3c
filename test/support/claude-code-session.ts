import { createHash } from 'node:crypto';
import { deferredTool, sessionTools, textOf } from './claude-code-texts.ts';
import type { SessionTool } from './claude-code-texts.ts';

const CACHED = { cache_control: { type: 'ephemeral' } } as const;

interface Marked {
  readonly cache_control?: { readonly type: 'ephemeral' };
}
interface TextBlock extends Marked {
  readonly type: 'text';
  readonly text: string;
}
interface ResultBlock extends Marked {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content:
    | string
    | readonly (TextBlock | { readonly type: 'tool_reference'; readonly tool_name: string })[];
  readonly is_error?: boolean;
}
/** A block of the model's answer, as it came. */
export type AnswerBlock =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    };
type Block = TextBlock | ResultBlock;

export type SessionMessage =
  | { readonly role: 'user' | 'system'; readonly content: string | readonly Block[] }
  | { readonly role: 'assistant'; readonly content: readonly AnswerBlock[] };

/** A request of Claude Code's: its fields, in its order. */
export interface SessionBody {
  readonly model: string;
  readonly messages: readonly SessionMessage[];
  readonly system: readonly TextBlock[];
  readonly tools: readonly SessionTool[];
  readonly metadata: { readonly user_id: string };
  readonly max_tokens: number;
  readonly thinking: { readonly type: 'adaptive' };
  readonly context_management: Readonly<Record<string, unknown>>;
  readonly output_config: { readonly effort: 'high' };
  readonly stream: boolean;
}

export interface SessionOptions {
  /** Number of its requests. */
  readonly turns: number;
  /** Of the real sizes: 1 is 64 KB of tools, 13 KB of system texts, 2 KB a tool result. */
  readonly scale: number;
  /** Else `mini`. */
  readonly model?: string;
  /** Else 32,000, as the client asks for. */
  readonly maxTokens?: number;
  readonly stream?: boolean;
}

export interface SessionRequest {
  readonly body: SessionBody;
  /** Messages beyond the last request and its answer. */
  readonly added: readonly SessionMessage[];
}

export interface ClaudeCodeSession {
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first request without an answer, then the one after an answer; undefined after the last. */
  next(answer?: readonly AnswerBlock[]): SessionRequest | undefined;
}

/** Messages of the user, in turn, after an answer without calls. */
const TASKS = [
  (turn: number) => `Write note${turn}.txt containing 'note ${turn}', then cat it.`,
  (turn: number) => `Count from 1 to ${(turn % 7) + 3}`,
  () => 'What is the capital of France?',
  (turn: number) => `Read note${turn}.txt`,
];

/**
 * A session of Claude Code's shape, in texts of our own: sizes and structure as observed with
 * 2.1.197 and 2.1.329, `docs/claude-code.md` lists them. The last message has marked blocks,
 * and is a plain string in later requests; answers come back as they were; results and errors follow
 * each call; reminders are in user turns and in system messages between the turns. The billing
 * block differs in each request, where the client's differs in each conversation.
 */
export function claudeCodeSession(options: SessionOptions): ClaudeCodeSession {
  const { scale } = options;
  const sized = (size: number, seed: number): string => textOf(Math.round(size * scale), seed);
  const sessionId = '7d9f6c3e-0000-4000-8000-2b1c5a904e11';
  let messages: readonly SessionMessage[] = [];
  let tools = sessionTools(scale);
  let turn = 0;
  return {
    headers: { 'x-claude-code-session-id': sessionId, 'anthropic-version': '2023-06-01' },
    next(answer = []) {
      if (turn === options.turns) return undefined;
      const added = addedBy(answer, turn, sized);
      if (answer.some(isSearch)) tools = inserted(tools, deferredTool(loadedBy(turn), scale));
      messages = [
        ...messages,
        ...(answer.length === 0 ? [] : [{ role: 'assistant' as const, content: answer }]),
        ...added,
      ];
      turn += 1;
      return { body: bodyOf({ options, messages, tools, turn, sessionId, sized }), added };
    },
  };
}

type Sized = (size: number, seed: number) => string;

/** The results of the calls, else the user's next words; now and then with reminders. */
function addedBy(
  answer: readonly AnswerBlock[],
  turn: number,
  sized: Sized,
): readonly SessionMessage[] {
  const calls = answer.filter((block) => block.type === 'tool_use');
  const ask = text((TASKS[turn % TASKS.length] ?? String)(turn));
  const reminder = text(`<system-reminder>\n${sized(560, turn)}\n</system-reminder>\n`);
  if (turn === 0) {
    return [
      { role: 'user', content: [reminder, reminder, ask] },
      { role: 'system', content: [text(sized(5858, 3))] },
    ];
  }
  const asked = turn % 6 === 5 ? [reminder, ask] : [ask];
  const content = calls.length > 0 ? calls.map((call) => resultOf(call, turn, sized)) : asked;
  const nudge: SessionMessage = { role: 'system', content: [text(sized(421, turn))] };
  return [{ role: 'user', content }, ...(turn % 6 === 0 ? [nudge] : [])];
}

function resultOf(
  call: Extract<AnswerBlock, { type: 'tool_use' }>,
  turn: number,
  sized: Sized,
): ResultBlock {
  const result = { type: 'tool_result', tool_use_id: call.id } as const;
  if (isSearch(call)) {
    return { ...result, content: [{ type: 'tool_reference', tool_name: loadedBy(turn) }] };
  }
  if (turn % 7 === 6) {
    return {
      ...result,
      content: `<tool_use_error>${sized(85, turn)}</tool_use_error>`,
      is_error: true,
    };
  }
  const output = sized(2000, turn);
  return turn % 5 === 4
    ? { ...result, content: [text(output)] }
    : { ...result, content: output, is_error: false };
}

const isSearch = (block: AnswerBlock): boolean =>
  block.type === 'tool_use' && block.name === 'ToolSearch';

/** The name of the tool that a search finds. */
const loadedBy = (turn: number): string => `Loaded${turn}`;

/** Loaded tools are among the others, by name. */
function inserted(tools: readonly SessionTool[], tool: SessionTool): readonly SessionTool[] {
  const place = tools.findIndex(({ name }) => name > tool.name);
  return [...tools.slice(0, place), tool, ...tools.slice(place)];
}

const text = (value: string): TextBlock => ({ type: 'text', text: value });

interface Parts {
  readonly options: SessionOptions;
  readonly messages: readonly SessionMessage[];
  readonly tools: readonly SessionTool[];
  readonly turn: number;
  readonly sessionId: string;
  readonly sized: Sized;
}

function bodyOf({ options, messages, tools, turn, sessionId, sized }: Parts): SessionBody {
  const hash = createHash('sha256').update(`${turn}`).digest('hex').slice(0, 3);
  return {
    model: options.model ?? 'mini',
    messages: messages.map((message, index) =>
      index === messages.length - 1 ? marked(message) : plain(message),
    ),
    system: [
      text(`x-anthropic-billing-header: cc_version=2.1.329.${hash}; cc_entrypoint=sdk-cli;`),
      { ...text(sized(62, 1)), ...CACHED },
      { ...text(sized(7359, 2)), ...CACHED },
    ],
    tools,
    metadata: {
      user_id: JSON.stringify({
        device_id: 'd0'.repeat(32),
        account_uuid: '',
        session_id: sessionId,
      }),
    },
    max_tokens: options.maxTokens ?? 32_000,
    thinking: { type: 'adaptive' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'high' },
    stream: options.stream ?? true,
  };
}

/** The message that is last: blocks, and the last one ends what shall be cached. */
function marked(message: SessionMessage): SessionMessage {
  if (message.role === 'assistant' || typeof message.content === 'string') return message;
  const last = message.content.length - 1;
  return {
    ...message,
    content: message.content.map((block, index) =>
      index === last ? { ...block, ...CACHED } : block,
    ),
  };
}

/** A message that is no longer last: a single text is a string. */
function plain(message: SessionMessage): SessionMessage {
  if (message.role === 'assistant' || typeof message.content === 'string') return message;
  const [first, ...rest] = message.content;
  return first?.type === 'text' && rest.length === 0
    ? { ...message, content: first.text }
    : message;
}
