import { RuntimeFailure } from '../../../core/failure.ts';
import type { Steps } from '../../../core/steps.ts';
import type { MessageBlock } from '../schema/blocks.ts';
import type { CacheControl } from '../schema/cache-control.ts';
import type { RequestBody } from '../schema/request.ts';

const MOST_BREAKPOINTS = 4;

/** Requested lifetime of a cached prompt. */
export type CacheLifetime = '5m' | '1h';

interface Block {
  readonly type?: string | null | undefined;
  readonly text?: unknown;
  readonly cache_control?: CacheControl;
}

/** Block that may have a breakpoint. */
interface Slot {
  /** Path in the request. */
  readonly at: () => string;
  readonly lifetime: CacheLifetime | undefined;
  /** The breakpoint of the request itself may be placed here. */
  readonly isOuter: boolean;
}

/** Lifetimes of a request's cached prompt. */
export interface CacheRequest {
  readonly lifetime: CacheLifetime;
  /** Path up to which the prompt is cached for an hour, if the rest is cached for five minutes. */
  readonly longUntil?: string;
}

/**
 * Decodes the cache breakpoints of a request; undefined if it has none. The API caches everything before the
 * last one-hour breakpoint for an hour. One-hour breakpoints have to come before five-minute ones.
 *
 * @throws {invalid-request} for more breakpoints than the API accepts, or in another order
 * @see https://docs.claude.com/en/docs/build-with-claude/prompt-caching
 */
export function* decodeCacheControl(body: RequestBody): Steps<CacheRequest | undefined> {
  const set: Breakpoint[] = [];
  let lastOuter: Slot | undefined;
  for (const slots of slotsOf(body)) {
    for (const each of slots) {
      if (each.lifetime !== undefined) set.push({ at: each.at(), lifetime: each.lifetime });
      if (each.isOuter) lastOuter = each;
    }
    yield;
  }
  const automatic = automaticBreakpoint(body, lastOuter);
  const breakpoints = automatic === undefined ? set : [...set, automatic];
  if (breakpoints.length > MOST_BREAKPOINTS) {
    throw new RuntimeFailure(
      'invalid-request',
      `A maximum of ${MOST_BREAKPOINTS} blocks with cache_control may be provided. Found ${breakpoints.length}.`,
    );
  }
  checkOrder(breakpoints);
  const last = breakpoints.at(-1);
  const long = breakpoints.findLast(({ lifetime }) => lifetime === '1h');
  if (last === undefined || long === undefined || long === last) return last;
  return { lifetime: '5m', longUntil: long.at };
}

interface Breakpoint {
  readonly at: string;
  readonly lifetime: CacheLifetime;
}

/** Breakpoint that the request's own cache_control sets on the last cacheable block. */
function automaticBreakpoint(
  { cache_control }: RequestBody,
  last: Slot | undefined,
): Breakpoint | undefined {
  const lifetime = lifetimeOf(cache_control);
  if (lifetime === undefined || last === undefined) return undefined;
  if (last.lifetime === undefined) return { at: 'cache_control', lifetime };
  if (last.lifetime === lifetime) return undefined;
  throw new RuntimeFailure(
    'invalid-request',
    `cache_control.ttl: ${last.at()} already has a cache_control with ttl='${last.lifetime}'; use the same ttl here, or leave one of them out`,
  );
}

function checkOrder(breakpoints: readonly Breakpoint[]): void {
  const short = breakpoints.findIndex(({ lifetime }) => lifetime === '5m');
  const wrong = breakpoints.find(({ lifetime }, index) => lifetime === '1h' && index > short);
  if (short === -1 || wrong === undefined) return;
  const at = wrong.at === 'cache_control' ? wrong.at : `${wrong.at}.cache_control`;
  throw new RuntimeFailure(
    'invalid-request',
    `${at}.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`.`,
  );
}

/**
 * Slots of all tools, of the system prompt and of each message, in prompt order. A block with nested blocks
 * comes after these.
 */
function* slotsOf({ tools, system, messages }: RequestBody): Generator<Iterable<Slot>> {
  yield tools.map((tool, index) => slot(tool, () => `tools.${index}`, true));
  yield slotsAmong(system ?? [], 'system');
  for (const [index, { content }] of messages.entries()) {
    yield slotsAmong(content ?? [], `messages.${index}.content`);
  }
}

function* slotsAmong(blocks: readonly MessageBlock[], at: string): Generator<Slot> {
  for (const [index, block] of blocks.entries()) {
    const place = (): string => `${at}.${index}`;
    for (const [inner, nested] of innerBlocks(block).entries()) {
      yield slot(nested, () => `${place()}.content.${inner}`, false);
    }
    if (isCacheable(block)) yield slot(block, place, true);
  }
}

function slot({ cache_control }: Block, at: () => string, isOuter: boolean): Slot {
  return { at, lifetime: lifetimeOf(cache_control), isOuter };
}

function lifetimeOf(control: CacheControl): CacheLifetime | undefined {
  return control === null || control === undefined ? undefined : (control.ttl ?? '5m');
}

const UNCACHEABLE: readonly MessageBlock['type'][] = [
  'thinking',
  'redacted_thinking',
  'fallback',
  'mcp_tool_listing',
];

function isCacheable(block: MessageBlock): boolean {
  return !UNCACHEABLE.includes(block.type) && !(block.type === 'text' && block.text === '');
}

const NONE: readonly Block[] = [];

function innerBlocks(block: MessageBlock): readonly Block[] {
  if (block.type === 'tool_result') return block.content ?? NONE;
  return block.type === 'search_result' ? block.content : NONE;
}
