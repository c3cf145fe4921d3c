import { z } from 'zod';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { ServerTool, WebTool } from '../../../core/server-tools.ts';
import { parseWith } from '../issues.ts';
import { list } from '../schema/list.ts';

const domains = list(z.string().min(1)).nullish();

const limits = z.object({
  max_uses: z.int({ error: 'Input should be a valid integer' }).min(1).nullish(),
  allowed_domains: domains,
  blocked_domains: domains,
  max_content_tokens: z.int({ error: 'Input should be a valid integer' }).min(1).nullish(),
});

/**
 * Limits under which this server may execute a typed tool; undefined if it can't execute the tool.
 *
 * @throws {invalid-request} for invalid limits
 * @throws {unsupported} for a limit that this server can't enforce
 */
export function serverToolOf(
  type: string,
  settings: JsonObject,
  at: readonly string[],
): ServerTool | undefined {
  const search = /^tool_search_tool_(regex|bm25)(?:_\d+)?$/.exec(type)?.[1];
  if (search === 'regex' || search === 'bm25') {
    return { service: 'tool-search', by: search, ignored: Object.keys(settings) };
  }
  const service = webServiceOf(type);
  return service && webTool(service, settings, at);
}

function webTool(
  service: WebTool['service'],
  settings: JsonObject,
  at: readonly string[],
): WebTool {
  const given = parseWith(limits, settings, at);
  const { allowed_domains: allowed, blocked_domains: blocked } = given;
  if ((allowed?.length ?? 0) > 0 && (blocked?.length ?? 0) > 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `${at.join('.')}: allowed_domains and blocked_domains can't be used together`,
    );
  }
  if ((settings['url_sources'] ?? null) !== null) {
    throw new RuntimeFailure(
      'unsupported',
      `${at.join('.')}.url_sources: this server fetches only URLs from users, tools and searches; leave it out`,
    );
  }
  return {
    service,
    ...(typeof given.max_uses === 'number' && { maxUses: given.max_uses }),
    allowedDomains: allowed ?? [],
    blockedDomains: blocked ?? [],
    ...(typeof given.max_content_tokens === 'number' && {
      maxContentTokens: given.max_content_tokens,
    }),
    ignored: Object.keys(settings).filter(
      (key) => (settings[key] ?? null) !== null && !Object.hasOwn(limits.shape, key),
    ),
  };
}

function webServiceOf(type: string): WebTool['service'] | undefined {
  if (type.startsWith('web_search_')) return 'web-search';
  return type.startsWith('web_fetch_') ? 'web-fetch' : undefined;
}
