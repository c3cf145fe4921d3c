import type { GenerationRequest } from '../../core/backend.ts';
import { readOverflow } from './overflow.ts';
import type { SaidError } from './said-error.ts';

/** How a request is written otherwise than at first, for a server that refused it. */
export interface Adjustments {
  /** Tools and formats have schemas without the keywords that strict servers refuse. */
  readonly cleanSchemas: boolean;
  /** `max_completion_tokens` takes the place of `max_tokens`, as newer models want. */
  readonly completionTokens: boolean;
  readonly shortIds: boolean;
  readonly systemFirst: boolean;
  /** Fields that are left out, since an answer only has less to tell without them. */
  readonly dropped: readonly string[];
  /** The most that the server leaves for the answer, for this request alone. */
  readonly maxTokens: number;
}

export const UNADJUSTED: Adjustments = {
  cleanSchemas: false,
  completionTokens: false,
  shortIds: false,
  systemFirst: false,
  dropped: [],
  maxTokens: Number.POSITIVE_INFINITY,
};

const COMPLAINTS = [
  [
    'completionTokens',
    /max_completion_tokens.{0,20} instead|unsupported parameter.{0,10}max_tokens/i,
  ],
  ['shortIds', /tool call ids?\b.*(length|alphanumeric|a-z)/is],
  [
    'systemFirst',
    /system (message|role|prompt).*(beginning|first|start|not supported|only)|only.*system (message|role)|roles must alternate/is,
  ],
  [
    'cleanSchemas',
    /schema|grammar|\bpattern\b|keyword|regex|\$ref|additionalProperties|function_declarations|response_format/i,
  ],
] as const satisfies readonly (readonly [keyof Adjustments, RegExp])[];

/** Usage is then not told, and calls beyond the first are left to us. */
const DROPPABLE: readonly string[] = ['stream_options', 'parallel_tool_calls'];

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
  const field = DROPPABLE.find((name) => error.message.includes(name));
  if (field !== undefined && !current.dropped.includes(field)) {
    return { ...current, dropped: [...current.dropped, field] };
  }
  for (const [name, pattern] of COMPLAINTS) {
    if (pattern.test(error.message) && !current[name] && concerns(name, request)) {
      return { ...current, [name]: true };
    }
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

function concerns(name: (typeof COMPLAINTS)[number][0], request: GenerationRequest): boolean {
  const { tools, turns } = request.conversation;
  switch (name) {
    case 'cleanSchemas':
      return tools.length > 0 || request.outputSchema !== undefined;
    case 'shortIds':
      return turns.some(({ parts }) => parts.some(({ kind }) => kind === 'tool-call'));
    case 'systemFirst':
    case 'completionTokens':
      return true;
    default:
      return name satisfies never;
  }
}
