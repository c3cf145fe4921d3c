import type { AgentModel, Variables } from './agent-model.ts';
import { tierVariables } from './claude/tiers.ts';
import { claudeWindow } from './claude/window.ts';

/** Below this Claude Code's own instructions leave little or no room: it sends 11,000 to 26,000 tokens. */
export const AGENT_CONTEXT_TOKENS = 32_000;

/** Claude Code raises smaller windows to this, and then takes the context where that is smaller. */
const LEAST_COMPACT_WINDOW = 100_000;

/** What Claude Code asks for by itself; more would only take room from the conversation. */
const MOST_OUTPUT_TOKENS = 32_000;

/** An hour: a local model may read a long prompt for many minutes before its first token. */
const PATIENCE_MILLISECONDS = '3600000';

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

/** The most that one answer may have: a quarter of the context, so that three remain for the prompt. */
export function outputTokens(contextTokens: number): number {
  return Math.max(1, Math.min(Math.floor(contextTokens / 4), MOST_OUTPUT_TOKENS));
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
    API_TIMEOUT_MS: PATIENCE_MILLISECONDS,
    API_FORCE_IDLE_TIMEOUT: '0',
    CLAUDE_STREAM_IDLE_TIMEOUT_MS: PATIENCE_MILLISECONDS,
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

/** What says so far what is reached without a proxy; programs read either. */
export interface NoProxy {
  readonly NO_PROXY?: string | undefined;
  readonly no_proxy?: string | undefined;
}

/** Variables of the present environment that Claude Code's depends on. */
export interface EnvironmentBefore extends NoProxy {
  /** Wins over the default: the user may know that a model does better with all tools in view. */
  readonly ENABLE_TOOL_SEARCH?: string | undefined;
}

/** The same with the server, which no proxy could reach. */
export function withoutProxy({ NO_PROXY, no_proxy }: NoProxy, baseUrl: string): Variables {
  const listed = `${NO_PROXY ?? ''},${no_proxy ?? ''}`.split(/[\s,]+/);
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  const hosts = [...listed.filter((entry) => entry !== ''), 'localhost', '127.0.0.1', '::1', host];
  const list = [...new Set(hosts)].join(',');
  return { NO_PROXY: list, no_proxy: list };
}

/** Claude Code counts names that begin so as Anthropic's, whatever context it is told. */
export function isAnthropicName(name: string): boolean {
  return /^claude-/i.test(name);
}
