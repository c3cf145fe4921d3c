import { setImmediate } from 'node:timers/promises';
import { abortReason } from '../../../../core/abort.ts';
import type { ToolCallPart, ToolSpec } from '../../../../core/conversation.ts';
import { messageOf } from '../../../../core/failure.ts';
import type { ServiceOutcome, ToolSearch } from '../../../../core/server-tools.ts';
import { rankByWords, wordCounts } from './bm25.ts';
import { toolText } from './tool-text.ts';

/** The API returns three to five tools. */
const MAX_FOUND = 5;
/** Limit of the API for patterns, and for words. */
const MAX_PATTERN_CHARACTERS = 200;
const MAX_WORDS_CHARACTERS = 500;
/** Most repetitions that a pattern counts, as in `a{20}`: each takes as much time as one more character. */
const MAX_REPETITIONS = 1000;
/** Time after which other requests get their turn, and after which a search ends. */
const SLICE_MS = 10;
const SEARCH_TIMEOUT_MS = 2000;

/**
 * Runs a search among the deferred tools.
 *
 * @see https://docs.claude.com/en/docs/agents-and-tools/tool-use/tool-search-tool
 */
export async function findTools(
  { input }: ToolCallPart,
  { by }: ToolSearch,
  tools: readonly ToolSpec[],
  signal: AbortSignal,
): Promise<ServiceOutcome> {
  const query = input['query'] ?? input['pattern'];
  if (typeof query !== 'string' || query.trim() === '') {
    return invalid('query must be a text that is not empty.');
  }
  const most = by === 'regex' ? MAX_PATTERN_CHARACTERS : MAX_WORDS_CHARACTERS;
  if (query.length > most) return invalid(`query has more than ${most} characters.`);
  const deferred = tools.filter((tool) => tool.deferred);
  return by === 'regex'
    ? findByPattern(query, deferred, signal)
    : findByWords(query, deferred, signal);
}

/**
 * Finds by RE2, whose time grows linearly with the text. JavaScript's own engine backtracks: a pattern of a
 * model could block the server.
 */
async function findByPattern(
  pattern: string,
  tools: readonly ToolSpec[],
  signal: AbortSignal,
): Promise<ServiceOutcome> {
  const counts = Array.from(pattern.matchAll(/\{(?:\d+,)?(\d+)/g), ([, count]) => Number(count));
  if (counts.reduce((sum, count) => sum + count, 0) > MAX_REPETITIONS) {
    return invalid(`The pattern has more than ${MAX_REPETITIONS} repetitions.`);
  }
  const { RE2JS } = await import('re2js');
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    return invalid(`The pattern is not valid: ${messageOf(error)}.`);
  }
  const matches = (text: string): boolean => compiled.matcher(text).find();
  const named: string[] = [];
  const described: string[] = [];
  const inTime = await inSlices(tools, signal, (tool) => {
    const { name, description, parameters } = toolText(tool);
    if (matches(name)) named.push(name);
    else if (matches(description) || matches(parameters)) described.push(name);
    return named.length < MAX_FOUND;
  });
  return inTime ? found([...named, ...described]) : { kind: 'failed', reason: 'too-slow' };
}

async function findByWords(
  words: string,
  tools: readonly ToolSpec[],
  signal: AbortSignal,
): Promise<ServiceOutcome> {
  const documents: ReturnType<typeof wordCounts>[] = [];
  const inTime = await inSlices(tools, signal, (tool) => {
    documents.push(wordCounts(toolText(tool)));
    return true;
  });
  if (!inTime) return { kind: 'failed', reason: 'too-slow' };
  return found(rankByWords(words, documents).flatMap((index) => tools[index]?.name ?? []));
}

/**
 * Visits tools until `visit` returns false. Other requests run in between. Returns false if it takes too
 * long. Throws a RuntimeFailure if the signal aborts.
 */
async function inSlices(
  tools: readonly ToolSpec[],
  signal: AbortSignal,
  visit: (tool: ToolSpec) => boolean,
): Promise<boolean> {
  const begun = performance.now();
  let since = begun;
  for (const tool of tools) {
    if (!visit(tool)) return true;
    if (performance.now() - since < SLICE_MS) continue;
    if (performance.now() - begun > SEARCH_TIMEOUT_MS) return false;
    await setImmediate();
    if (signal.aborted) throw abortReason(signal);
    since = performance.now();
  }
  return true;
}

function found(names: readonly string[]): ServiceOutcome {
  return { kind: 'tools', names: names.slice(0, MAX_FOUND) };
}

function invalid(message: string): ServiceOutcome {
  return { kind: 'failed', reason: 'invalid-input', message };
}
