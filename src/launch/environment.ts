import type { Variables } from './agent-model.ts';

/** Smallest usable context: Claude Code's own instructions take 11,000 to 26,000 tokens. */
export const AGENT_CONTEXT_TOKENS = 32_000;

/** Assumed context of a model whose context is unknown: the least that agents need. */
export const UNKNOWN_CONTEXT_TOKENS = 32_768;

/** Claude Code's own `max_tokens`; more would only reduce the space for the conversation. */
const MOST_OUTPUT_TOKENS = 32_000;

/** Limit of one answer: a quarter of the context, so that three quarters remain for the prompt. */
export function outputTokens(contextTokens: number): number {
  return Math.max(1, Math.min(Math.floor(contextTokens / 4), MOST_OUTPUT_TOKENS));
}

/** Variables with the hosts that bypass a proxy; programs read either. */
export interface NoProxy {
  readonly NO_PROXY?: string | undefined;
  readonly no_proxy?: string | undefined;
}

/** Adds the server and this machine to the hosts that bypass a proxy, because no proxy could reach them. */
export function withoutProxy({ NO_PROXY, no_proxy }: NoProxy, baseUrl: string): Variables {
  const listed = `${NO_PROXY ?? ''},${no_proxy ?? ''}`.split(/[\s,]+/);
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  const hosts = [...listed.filter((entry) => entry !== ''), 'localhost', '127.0.0.1', '::1', host];
  const list = [...new Set(hosts)].join(',');
  return { NO_PROXY: list, no_proxy: list };
}
