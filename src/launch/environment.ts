import type { Variables } from './agent-model.ts';

/** Below this Claude Code's own instructions leave little or no room: it sends 11,000 to 26,000 tokens. */
export const AGENT_CONTEXT_TOKENS = 32_000;

/** Context of a model of which no one knows it: the least that agents need. */
export const UNKNOWN_CONTEXT_TOKENS = 32_768;

/** What Claude Code asks for by itself; more would only take room from the conversation. */
const MOST_OUTPUT_TOKENS = 32_000;

/** The most that one answer may have: a quarter of the context, so that three remain for the prompt. */
export function outputTokens(contextTokens: number): number {
  return Math.max(1, Math.min(Math.floor(contextTokens / 4), MOST_OUTPUT_TOKENS));
}

/** What says so far what is reached without a proxy; programs read either. */
export interface NoProxy {
  readonly NO_PROXY?: string | undefined;
  readonly no_proxy?: string | undefined;
}

/** The same with the server, which no proxy could reach. */
export function withoutProxy({ NO_PROXY, no_proxy }: NoProxy, baseUrl: string): Variables {
  const listed = `${NO_PROXY ?? ''},${no_proxy ?? ''}`.split(/[\s,]+/);
  const host = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '');
  const hosts = [...listed.filter((entry) => entry !== ''), 'localhost', '127.0.0.1', '::1', host];
  const list = [...new Set(hosts)].join(',');
  return { NO_PROXY: list, no_proxy: list };
}
