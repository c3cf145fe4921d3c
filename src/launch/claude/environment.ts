import type { AgentModel, Variables } from '../agent-model.ts';
import { outputTokens, withoutProxy } from '../environment.ts';
import type { NoProxy } from '../environment.ts';
import { tierVariables } from './tiers.ts';

/** Claude Code raises smaller windows to this value. If the context is smaller, it uses the context. */
const LEAST_COMPACT_WINDOW = 100_000;

/** Claude Code compacts a conversation this many tokens before the assumed end of the window (from its source). */
const COMPACTED_BEFORE = 13_000;

/** Most tokens of the window that Claude Code reserves for an answer, even if answers may be longer. */
const MOST_KEPT_FOR_ANSWER = 20_000;

/** One hour: a local model may need many minutes to read a long prompt. */
const REQUEST_TIMEOUT_MS = '3600000';

/** Variables that would send requests to another server, or with a key of another one. */
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

/** Variables of the present environment that have an effect on the one of Claude Code. */
export interface EnvironmentBefore extends NoProxy {
  /** Overrides the default: the user may know that a model works better with all tools in view. */
  readonly ENABLE_TOOL_SEARCH?: string | undefined;
}

/**
 * Environment that sends every request of Claude Code, of any tier or subagent, to one local model.
 * Checked with 2.1.197 and 2.1.332.
 *
 * @see https://code.claude.com/docs/en/env-vars
 */
export function claudeEnvironment(model: AgentModel, before: EnvironmentBefore): Variables {
  const { baseUrl, key, contextTokens, slots } = model;
  return {
    ANTHROPIC_BASE_URL: baseUrl,
    ANTHROPIC_AUTH_TOKEN: key,
    ...tierVariables(model),
    ...(contextTokens !== undefined && contextVariables(contextTokens)),
    // Otherwise Claude Code appends [1m] to its default model, and assumes 1,000,000 tokens.
    CLAUDE_CODE_DISABLE_1M_CONTEXT: '1',
    // Otherwise a system message counts tokens down after each prompt and each batch of tools.
    CLAUDE_CODE_TOTAL_TOKENS_REMINDER: 'off',
    // If unset, it depends on the version, and on the start of a resumed conversation.
    ENABLE_TOOL_SEARCH: before.ENABLE_TOOL_SEARCH ?? 'true',
    ...(slots !== undefined && { CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: String(slots) }),
    // Claude Code then reads GET /v1/models, and shows names that begin with claude in /model.
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
 * Context window to report to Claude Code, in tokens, for a model with `contextTokens`.
 *
 * Claude Code compacts at window − answer − 13,000. For a context of 32k that is 11.6k, less than its
 * own instructions, so it would compact without end and give up. A small window is therefore reported
 * larger, so that Claude Code compacts after three quarters of the real one. Seen with 2.1.197 and
 * 2.1.329.
 *
 * @param answerTokens limit of one answer
 */
export function claudeWindow(contextTokens: number, answerTokens: number): number {
  const compactedAt = Math.floor(contextTokens * 0.75);
  const kept = Math.min(answerTokens, MOST_KEPT_FOR_ANSWER);
  return Math.max(contextTokens, compactedAt + kept + COMPACTED_BEFORE);
}

/** Returns true for a name that Claude Code takes for a model of Anthropic: it then ignores the configured context. */
export function isAnthropicName(name: string): boolean {
  return /^claude-/i.test(name);
}
