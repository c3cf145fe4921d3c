import type { AgentModel, Variables } from '../agent-model.ts';
import { outputTokens, withoutProxy } from '../environment.ts';
import type { NoProxy } from '../environment.ts';
import { tierVariables } from './tiers.ts';

/** Claude Code raises smaller windows to this, and then takes the context where that is smaller. */
const LEAST_COMPACT_WINDOW = 100_000;

/** Claude Code compacts a conversation this many tokens before what it believes is the end: its source has them. */
const COMPACTED_BEFORE = 13_000;

/** At most so much of the window it keeps free for an answer, whatever answers may have. */
const MOST_KEPT_FOR_ANSWER = 20_000;

/** An hour: a local model may read a long prompt for many minutes before its first token. */
const REQUEST_TIMEOUT_MS = '3600000';

/** Variables that would send a client elsewhere, or with somebody else's key. */
export const ELSEWHERE = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_UNIX_SOCKET',
  'CLAUDE_CODE_OAUTH_TOKEN',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_VERTEX',
] as const;

/** Variables of the present environment that Claude Code's depends on. */
export interface EnvironmentBefore extends NoProxy {
  /** Wins over the default: the user may know that a model does better with all tools in view. */
  readonly ENABLE_TOOL_SEARCH?: string | undefined;
}

/**
 * The environment that makes every request of Claude Code, whatever tier or subagent asks, go to one
 * local model: https://code.claude.com/docs/en/env-vars, checked with 2.1.197 and 2.1.332.
 *
 * @param before the environment so far
 */
export function claudeEnvironment(model: AgentModel, before: EnvironmentBefore): Variables {
  const { baseUrl, key, contextTokens, slots } = model;
  return {
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_AUTH_TOKEN: key,
    ...tierVariables(model),
    ...(contextTokens !== undefined && contextVariables(contextTokens)),
    // Else Claude Code appends [1m] to its default model, and counts on 1,000,000 tokens.
    CLAUDE_CODE_DISABLE_1M_CONTEXT: '1',
    // Else a system message after each prompt and each batch of tools counts tokens down.
    CLAUDE_CODE_TOTAL_TOKENS_REMINDER: 'off',
    // Unset, it depends on the version, and on how a resumed conversation began.
    ENABLE_TOOL_SEARCH: before.ENABLE_TOOL_SEARCH ?? 'true',
    ...(slots !== undefined && { CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: String(slots) }),
    // It then asks for GET /v1/models, and shows in /model what begins with claude.
    CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
    CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: '1',
    API_TIMEOUT_MS: REQUEST_TIMEOUT_MS,
    API_FORCE_IDLE_TIMEOUT: '0',
    CLAUDE_STREAM_IDLE_TIMEOUT_MS: REQUEST_TIMEOUT_MS,
    ...withoutProxy(before, baseUrl),
  };
}

function contextVariables(contextTokens: number): Variables {
  const answer = outputTokens(contextTokens);
  const window = claudeWindow(contextTokens, answer);
  return {
    CLAUDE_CODE_MAX_CONTEXT_TOKENS: String(window),
    CLAUDE_CODE_AUTO_COMPACT_WINDOW: String(Math.max(window, LEAST_COMPACT_WINDOW)),
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: String(answer),
  };
}

/**
 * The context window to tell Claude Code of, in tokens, for a model with `contextTokens`.
 *
 * It compacts at window − answer − 13,000. For a context of 32k that is 11.6k, less than its own
 * instructions: it would compact without end, and give up. So a small window is told larger, such
 * that it compacts when three quarters of the real one are used; seen with 2.1.197 and 2.1.329.
 *
 * @param answerTokens the most that one answer may have
 */
export function claudeWindow(contextTokens: number, answerTokens: number): number {
  const compactedAt = Math.floor(contextTokens * 0.75);
  const kept = Math.min(answerTokens, MOST_KEPT_FOR_ANSWER);
  return Math.max(contextTokens, compactedAt + kept + COMPACTED_BEFORE);
}

/** Claude Code counts names that begin so as Anthropic's, whatever context it is told. */
export function isAnthropicName(name: string): boolean {
  return /^claude-/i.test(name);
}
