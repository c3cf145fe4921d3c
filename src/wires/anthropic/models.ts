import { z } from 'zod';
import type { Capabilities } from '../../core/backend.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ListRequest, ModelListing, ModelName, ModelSource } from '../wire.ts';
import { parseWith } from './issues.ts';

/** Encodes one model, for GET /v1/models/:id and as an item of the list. */
export function encodeModel(listing: ModelListing): JsonObject {
  const { id, displayName, description, createdAt, capabilities } = listing;
  return {
    id,
    type: 'model',
    display_name: displayName,
    description: description ?? null,
    created_at: createdAt,
    max_input_tokens: capabilities?.contextTokens ?? null,
    // A model that can't chat generates nothing.
    max_tokens: capabilities?.chats === false ? 0 : (capabilities?.contextTokens ?? null),
    capabilities: capabilities === undefined ? null : encodeCapabilities(capabilities),
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
  };
}

function supported(yes: boolean): { readonly supported: boolean } {
  return { supported: yes };
}

function encodeCapabilities(capabilities: Capabilities): JsonObject {
  const thinks = capabilities.thinking !== 'none';
  return {
    batch: supported(false),
    citations: supported(capabilities.citations),
    code_execution: supported(false),
    context_management: {
      supported: true,
      clear_thinking_20251015: supported(true),
      clear_tool_uses_20250919: supported(true),
      compact_20260112: supported(true),
    },
    effort: {
      supported: false,
      low: supported(false),
      medium: supported(false),
      high: supported(false),
      xhigh: null,
      max: supported(false),
    },
    image_input: supported(capabilities.images),
    pdf_input: supported(capabilities.documents),
    server_tools: {
      supported: false,
      code_execution: supported(false),
      web_search: supported(false),
    },
    structured_outputs: supported(capabilities.structuredOutput),
    thinking: {
      supported: thinks,
      types: {
        adaptive: supported(thinks),
        between_tools: supported(false),
        disabled: supported(capabilities.thinking !== 'always'),
        enabled: supported(thinks),
      },
    },
  };
}

const listQuery = z.object({
  before_id: z.string().optional(),
  after_id: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(20),
});

/**
 * Answers `GET /v1/models` with one page of models and aliases. Claude Code gets each model a second time,
 * under a name that its `/model` picker shows.
 */
export async function listModels(
  models: ModelSource,
  { headers, query }: ListRequest,
): Promise<JsonObject> {
  const isClaudeCode = /^claude-(?:code|cli)\//i.test(String(headers['user-agent'] ?? ''));
  const names = isClaudeCode ? [...models.names, ...(await claudeNames(models))] : models.names;
  const page = pageOf(names, query);
  return encodePage(await models.describe(page.items), page.hasMore);
}

/** Second names of the models that can chat and that Claude Code's picker would otherwise hide. */
async function claudeNames(models: ModelSource): Promise<readonly ModelName[]> {
  const listings = await models.describe(models.names);
  return models.names.flatMap(({ id, claudeName }, index) => {
    const isHidden = claudeName !== undefined && !/^(?:claude|anthropic)/i.test(id);
    return isHidden && listings[index]?.capabilities?.chats !== false ? [{ id: claudeName }] : [];
  });
}

/** Page of GET /v1/models. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasMore: boolean;
}

/**
 * Page for the query's before_id, after_id and limit (1–1000, default 20).
 *
 * @throws {invalid-request} for another limit, for both cursors at once, and for an unknown cursor
 */
export function pageOf<Item extends { readonly id: string }>(
  all: readonly Item[],
  query: Readonly<Record<string, unknown>>,
): Page<Item> {
  const { before_id, after_id, limit } = parseWith(listQuery, query);
  if (before_id !== undefined && after_id !== undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      "before_id: can't be used together with after_id; leave one of them out",
    );
  }
  const end = before_id === undefined ? all.length : position(all, before_id, 'before_id');
  const start = after_id === undefined ? 0 : position(all, after_id, 'after_id') + 1;
  const candidates = all.slice(start, end);
  // A page before a cursor ends at the cursor; it is not the first page of the list.
  const items = before_id === undefined ? candidates.slice(0, limit) : candidates.slice(-limit);
  return { items, hasMore: candidates.length > items.length };
}

/** Encodes a page in the API's shape. */
export function encodePage(listings: readonly ModelListing[], hasMore: boolean): JsonObject {
  return {
    data: listings.map((listing) => encodeModel(listing)),
    has_more: hasMore,
    first_id: listings.at(0)?.id ?? null,
    last_id: listings.at(-1)?.id ?? null,
  };
}

function position(all: readonly { readonly id: string }[], id: string, field: string): number {
  const found = all.findIndex((item) => item.id === id);
  if (found < 0)
    throw new RuntimeFailure('invalid-request', `${field}: no model has the id '${id}'`);
  return found;
}
