/** Tokens of one kind, and the mean number of tokens before each of them. */
export interface TokenGroup {
  readonly tokens: number;
  readonly depth: number;
}

/** Tokens that the requests of a model were made of. */
export interface RequestMix {
  /** Evaluated tokens of prompts without a cached prefix. */
  readonly cold: TokenGroup;
  /** Evaluated tokens after a cached prefix. */
  readonly warm: TokenGroup;
  readonly generated: TokenGroup;
}

/** Numbers of tokens of one request. */
export interface RequestTokens {
  /** Tokens of its prompt that were cached. */
  readonly reused: number;
  /** Tokens of its prompt that were evaluated. */
  readonly evaluated: number;
  readonly generated: number;
}

const NOTHING: TokenGroup = { tokens: 0, depth: 0 };

export const NO_REQUESTS: RequestMix = { cold: NOTHING, warm: NOTHING, generated: NOTHING };

/** Largest cached prefix of a cold prompt: two unrelated prompts share as much of their template. */
const COLD_TOKENS = 32;

/** Number of tokens after which older requests lose weight, so that the mix follows a change of use. */
const MOST_TOKENS = 1_000_000;

/** Adds a request to a mix. */
export function withRequest(
  mix: RequestMix,
  { reused, evaluated, generated }: RequestTokens,
): RequestMix {
  const prompt = reused + evaluated;
  const read = { tokens: evaluated, depth: reused + evaluated / 2 };
  const isCold = reused <= COLD_TOKENS;
  return merged(limited(mix), {
    cold: isCold ? read : NOTHING,
    warm: isCold ? NOTHING : read,
    generated: { tokens: generated, depth: prompt + generated / 2 },
  });
}

/** Joins two mixes. */
export function merged(one: RequestMix, other: RequestMix): RequestMix {
  return mapped((kind) => mergedGroup(one[kind], other[kind]));
}

/** First prompt of a coding agent: its system prompt and tools have 11,000 to 26,000 tokens. */
const AGENT_PROMPT = 18_000;
/** Share of a small context for the first prompt. */
const PROMPT_SHARE = 0.6;
/** Tokens that an agent reads for each that it writes. */
const AGENT_READS = 10;
/** Tokens that it reads in later turns, as a multiple of the first prompt. */
const LATER_READS = 1.5;

/** Mix of a coding agent's session, assumed before the requests of a model are known. */
export function agentMix(contextTokens: number): RequestMix {
  const prompt = Math.round(Math.min(AGENT_PROMPT, contextTokens * PROMPT_SHARE));
  const depth = (prompt + Math.min(contextTokens, 2 * prompt)) / 2;
  return {
    cold: { tokens: prompt, depth: prompt / 2 },
    warm: { tokens: prompt * LATER_READS, depth },
    generated: { tokens: (prompt * (1 + LATER_READS)) / AGENT_READS, depth },
  };
}

/** Total number of tokens of a mix. */
export function tokensOf({ cold, warm, generated }: RequestMix): number {
  return cold.tokens + warm.tokens + generated.tokens;
}

function limited(mix: RequestMix): RequestMix {
  const share = Math.min(1, MOST_TOKENS / Math.max(tokensOf(mix), 1));
  return mapped((kind) => ({ ...mix[kind], tokens: mix[kind].tokens * share }));
}

function mergedGroup(one: TokenGroup, other: TokenGroup): TokenGroup {
  const tokens = one.tokens + other.tokens;
  if (tokens === 0) return NOTHING;
  return { tokens, depth: (one.tokens * one.depth + other.tokens * other.depth) / tokens };
}

function mapped(groupOf: (kind: keyof RequestMix) => TokenGroup): RequestMix {
  return { cold: groupOf('cold'), warm: groupOf('warm'), generated: groupOf('generated') };
}
