import type { GenerationRequest } from '../../core/backend.ts';
import { finish } from '../../core/steps.ts';
import type { MessageStyle } from './assistant-messages.ts';
import { toMessages } from './messages.ts';
import { readOverflow } from './overflow.ts';
import type { SaidError } from './said-error.ts';
import { withShortNames } from './tool-names.ts';

/** Changes to a request for a server that refused its usual form. */
export interface Adjustments extends Omit<MessageStyle, 'thinking'> {
  /** Tools and formats have schemas without the keywords that strict servers refuse. */
  readonly cleanSchemas: boolean;
  /** Tools are not strict, whose schemas the server holds arguments to. */
  readonly looseTools: boolean;
  /** Names of tools fit the limit of most providers. */
  readonly shortNames: boolean;
  /** No `tool_choice` of `auto`, which is the default. */
  readonly defaultChoice: boolean;
  /** No `response_format`: the pipeline demands the JSON in words, and checks it. */
  readonly freeText: boolean;
  /** `max_completion_tokens` takes the place of `max_tokens`, as newer models want. */
  readonly completionTokens: boolean;
  /** Fields that are left out: the answer is the same without them, or only less is known of it. */
  readonly dropped: readonly string[];
  /** The most that the server leaves for the answer, for this request alone. */
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
 * Refusals of the order of the messages, as chat templates and Mistral's own checks word them. The words
 * seldom tell what is wrong, so each arrangement that changes something is tried.
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

/** Fields that a server may be asked without, by what its refusal calls them. */
const DROPPABLE = [
  // Usage is then not told, and calls beyond the first are left to us.
  ['stream_options', /stream_options/],
  ['parallel_tool_calls', /parallel_tool_calls/],
  ['reasoning_effort', /reasoning[_ ]effort/i],
  ['chat_template_kwargs', /chat_template_kwargs/],
] as const;

/**
 * How to ask again after a refusal with this error; undefined where nothing else is left to try.
 * Each adjustment is tried once.
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

/** Servers that refuse what fits only with fewer tokens tell how many are left. */
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

/** True if an adjustment changes anything about a request. */
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
