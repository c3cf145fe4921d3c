import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import { messageOf, RuntimeFailure } from '../core/failure.ts';

/** Parsed models.yaml with the positions of its nodes. */
export interface RegistryDocument {
  /** Path as the user wrote it. */
  readonly path: string;
  readonly yaml: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * Parses YAML. Throws `invalid-request` with `file:line:column` for malformed YAML, and with the file for
 * one that is too long.
 */
export function parseRegistryDocument(text: string, path: string): RegistryDocument {
  checkLength(text, path);
  const lines = new LineCounter();
  const yaml = parseYaml(text, lines);
  const [syntax] = yaml.errors.map(({ pos, message }) => [pos[0], message] as const);
  const error = syntax ?? firstMistake(yaml);
  if (error !== undefined) {
    const { line, col } = lines.linePos(error[0]);
    const [reason] = error[1].split('\n');
    throw new RuntimeFailure(
      'invalid-request',
      `${path}:${line}:${col}: this is not valid YAML: ${reason}`,
    );
  }
  return { path, yaml, lines };
}

/**
 * Limit of YAML tokens of a models.yaml; an alias takes 8. This many take 100 ms or more to parse, during
 * which a server that follows its file is blocked.
 */
const MOST_TOKENS = 20_000;

/** Throws `invalid-request` for YAML above the limit. */
function checkLength(text: string, path: string): void {
  const tokens = new Lexer().lex(text);
  for (let count = 0; count < MOST_TOKENS; count += 1) {
    if (tokens.next().done === true) return;
  }
  throw new RuntimeFailure(
    'invalid-request',
    `${path}: it has more than ${MOST_TOKENS} tokens of YAML, about 2,500 lines; remove models and aliases that are not used`,
  );
}

/** Parses YAML. `firstMistake` finds duplicate keys, because the library's own check is too slow. */
export function parseYaml(text: string, lines = new LineCounter()): Document.Parsed {
  return parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
}

/** Limit of YAML aliases: each one is searched for in the complete document. */
const MOST_ALIASES = 100;

/**
 * Position and message of the first mistake: a duplicate key, or a YAML alias `*name` that has no `&name` or
 * exceeds the limit.
 */
function firstMistake(yaml: Document.Parsed): readonly [number, string] | undefined {
  let first: readonly [number, string] | undefined;
  let aliases = 0;
  visit(yaml, {
    Map(_, map) {
      const twice = repeatedKey(map);
      if (twice === undefined) return undefined;
      first = [offsetOf(twice) ?? 0, 'Map keys must be unique'];
      return visit.BREAK;
    },
    Alias(_, alias) {
      aliases += 1;
      const { source } = alias;
      if (aliases <= MOST_ALIASES && alias.resolve(yaml) !== undefined) return undefined;
      const reason =
        aliases > MOST_ALIASES
          ? `more than ${MOST_ALIASES} aliases such as *${source}`
          : `*${source} refers to no &${source}`;
      first = [offsetOf(alias) ?? 0, reason];
      return visit.BREAK;
    },
  });
  return first;
}

function repeatedKey(map: YAMLMap): unknown {
  const keys = new Set<unknown>();
  for (const { key } of map.items) {
    const value = isScalar(key) ? key.value : key;
    if (keys.has(value)) return key;
    keys.add(value);
  }
  return undefined;
}

/** Plain value of the document. Throws `invalid-request` for an alias bomb. */
export function plainValue(document: RegistryDocument): unknown {
  try {
    return document.yaml.toJS();
  } catch (error) {
    throw new RuntimeFailure('invalid-request', `${document.path}:1:1: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * `file:line:column` of the node at a path of keys and indices: of its value, or of its key by `what`. If the
 * path does not exist, the position of its last existing part.
 */
export function locate(
  document: RegistryDocument,
  path: readonly PropertyKey[],
  what: 'key' | 'value',
): string {
  let node: unknown = document.yaml.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [index, segment] of path.entries()) {
    const map: unknown = isAlias(node) ? node.resolve(document.yaml) : node;
    if (isSeq(map)) {
      node = map.items[Number(segment)];
      offset = offsetOf(node) ?? offset;
      continue;
    }
    const pair = isMap(map) ? findPair(map, String(segment)) : undefined;
    if (pair === undefined) {
      break;
    }
    node = pair.value;
    const keyOffset = offsetOf(pair.key) ?? offset;
    const isLast = index === path.length - 1;
    offset = isLast && what === 'value' ? (offsetOf(node) ?? keyOffset) : keyOffset;
  }
  const { line, col } = document.lines.linePos(offset);
  return `${document.path}:${line}:${col}`;
}

/** Pair of a key, which is compared as text even if YAML reads it as a number. */
export function findPair(map: YAMLMap, key: string): Pair | undefined {
  let index = indexes.get(map);
  if (index?.count !== map.items.length) {
    index = { count: map.items.length, pairs: new Map() };
    // The first of keys with equal text wins.
    for (const pair of map.items.toReversed()) index.pairs.set(nameOf(pair), pair);
    indexes.set(map, index);
  }
  return index.pairs.get(key);
}

interface KeyIndex {
  readonly count: number;
  readonly pairs: Map<string, Pair>;
}

/** Index of keys by map: a map may have tens of thousands of keys, each of which is looked up. */
const indexes = new WeakMap<YAMLMap, KeyIndex>();

function nameOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

/** Tables of a models.yaml. */
export type Section = 'models' | 'aliases';

/** Map of a section, if it has one. */
export function sectionMap(document: RegistryDocument, section: Section): YAMLMap | undefined {
  const root = document.yaml.contents;
  const value = isMap(root) ? findPair(root, section)?.value : undefined;
  return isMap(value) ? value : undefined;
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
