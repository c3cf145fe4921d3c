import type { GenerationRequest } from '../../core/backend.ts';
import { finish } from '../../core/steps.ts';
import type { MessageStyle } from './assistant-messages.ts';
import { toMessages } from './messages.ts';
import { readOverflow } from './overflow.ts';
import type { SaidError } from './said-error.ts';
import { withShortNames } from './tool-names.ts';

/** Changes to a request for a server that refused its usual form. */
export interface Adjustments extends Omit<MessageStyle, 'thinking'> {
  /** Removes keywords that strict servers refuse from the schemas of tools and formats. */
  readonly cleanSchemas: boolean;
  /** Leaves out `strict`, with which the server enforces the schemas of tools. */
  readonly looseTools: boolean;
  /** Shortens names of tools to the limit of most providers. */
  readonly shortNames: boolean;
  /** Leaves out a `tool_choice` of `auto`, which is the default. */
  readonly defaultChoice: boolean;
  /** Leaves out `response_format`. The pipeline asks for the JSON in the prompt, and checks it. */
  readonly freeText: boolean;
  /** Sends `max_completion_tokens` instead of `max_tokens`, as newer models require. */
  readonly completionTokens: boolean;
  /** Fields to leave out. Without them the answer is the same, or has less information. */
  readonly dropped: readonly string[];
  /** Largest `max_tokens` that the server accepts for this request. */
  readonly maxTokens: number;
}

export const UNADJUSTED: Adjustments = {
  cleanSchemas: false,
  looseTools: false,
  shortNames: false,
  defaultChoice: false,
  freeText: false,
  completionTokens: false,
  shortIds: false,
  systemFirst: false,
  systemInUser: false,
  foldedResults: false,
  wholeTurns: false,
  singleCalls: false,
  bareCalls: false,
  dropped: [],
  maxTokens: Number.POSITIVE_INFINITY,
};

/**
 * Refusals of the order of the messages, in the words of chat templates and Mistral's own checks. They seldom
 * name the fault, so each arrangement that changes something is tried.
 */
const ORDER =
  /roles? must alternate|(unexpected|invalid) (message )?role|only .{0,60}roles? are supported|message_order|expected last role|must be followed by|not the same number of function calls/is;

/** Refusals of a keyword of a schema. */
const SCHEMAS =
  /schema|grammar|\bpattern\b|keyword|regex|\$ref|additionalProperties|function_declarations|response_format/i;

const COMPLAINTS = [
  [
    'completionTokens',
    /max_completion_tokens.{0,20} instead|unsupported parameter.{0,10}max_tokens/i,
  ],
  ['shortIds', /tool call ids?\b.{0,200}(length|alphanumeric|a-z)/is],
  ['singleCalls', /single tool[- ]calls?|one tool[- ]call at a time/i],
  ['bareCalls', /both content and thinking/i],
  [
    'systemInUser',
    /system.{0,40}not (supported|allowed)|not support.{0,40}system|developer instruction is not enabled/is,
  ],
  [
    'systemFirst',
    /system (message|role|prompt).{0,200}(beginning|first|start|only)|only.{0,200}system (message|role)/is,
  ],
  ['systemFirst', ORDER],
  ['foldedResults', ORDER],
  ['wholeTurns', ORDER],
  ['systemInUser', ORDER],
  ['shortNames', /(function|tool)s?\b.{0,20}\bname\b.{0,80}(long|length|pattern|match|must)/is],
  ['defaultChoice', /tool_choice/],
  [
    'freeText',
    /(response_format|json_schema|structured outputs?)(?!.{0,60}schema).{0,60}(not|un)[ -]?(supported|available|permitted)|not support.{0,20}(response_format|json_schema|structured output)|(unknown|unrecognized|unsupported).{0,60}response_format|response_format['"`]?: (extra|unexpected|unknown)/i,
  ],
  ['looseTools', SCHEMAS],
  ['cleanSchemas', SCHEMAS],
] as const satisfies readonly (readonly [keyof Adjustments, RegExp])[];

/** Fields that may be left out, with their names in refusals. */
const DROPPABLE = [
  // The server then reports no usage, and Portico drops calls after the first.
  ['stream_options', /stream_options/],
  ['parallel_tool_calls', /parallel_tool_calls/],
  ['reasoning_effort', /reasoning[_ ]effort/i],
  ['chat_template_kwargs', /chat_template_kwargs/],
] as const;

/**
 * Chooses the next adjustment after a refusal; undefined if all were tried. Each adjustment is tried once.
 */
export function adjust(
  current: Adjustments,
  error: SaidError,
  request: GenerationRequest,
): Adjustments | undefined {
  const overflow = readOverflow(error);
  if (overflow !== undefined) return clamp(current, overflow, request);
  const field = DROPPABLE.find(([, pattern]) => pattern.test(error.message))?.[0];
  if (field !== undefined && !current.dropped.includes(field)) {
    return { ...current, dropped: [...current.dropped, field] };
  }
  const said = `${error.code} ${error.message}`;
  for (const [name, pattern] of COMPLAINTS) {
    if (!pattern.test(said) || current[name]) continue;
    const next = { ...current, [name]: true };
    if (concerns(name, current, next, request)) return next;
  }
  return undefined;
}

/** Lowers `max_tokens` to the rest that a server reports, if it refuses a prompt that fits only with fewer tokens. */
function clamp(
  current: Adjustments,
  overflow: NonNullable<ReturnType<typeof readOverflow>>,
  request: GenerationRequest,
): Adjustments | undefined {
  const { promptTokens, contextTokens } = overflow;
  if (promptTokens === undefined || contextTokens === undefined) return undefined;
  const left = contextTokens - promptTokens;
  const fits = left > 0 && left < Math.min(request.maxTokens, current.maxTokens);
  return fits && request.overflow === 'clamp' ? { ...current, maxTokens: left } : undefined;
}

/** Returns true if an adjustment changes a request. */
function concerns(
  name: (typeof COMPLAINTS)[number][0],
  current: Adjustments,
  next: Adjustments,
  request: GenerationRequest,
): boolean {
  const { conversation, outputSchema } = request;
  switch (name) {
    case 'cleanSchemas':
      return conversation.tools.length > 0 || outputSchema !== undefined;
    case 'looseTools':
      return (
        ['any', 'tool'].includes(request.toolChoice.mode) ||
        conversation.tools.some(({ strict }) => strict === true)
      );
    case 'completionTokens':
      return true;
    case 'defaultChoice':
      return request.toolChoice.mode === 'auto' && conversation.tools.length > 0;
    case 'freeText':
      return outputSchema !== undefined;
    case 'shortNames':
      return withShortNames(request) !== request;
    case 'shortIds':
    case 'systemFirst':
    case 'systemInUser':
    case 'foldedResults':
    case 'wholeTurns':
    case 'singleCalls':
    case 'bareCalls': {
      const [before, after] = [current, next].map((style) =>
        JSON.stringify(finish(toMessages(conversation, { ...style, thinking: true }))),
      );
      return before !== after;
    }
    default:
      return name satisfies never;
  }
}
