import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import { messageOf, RuntimeFailure } from '../core/errors.ts';

/** A models.yaml as it was read, with what is needed to say where things are in it. */
export interface RegistryDocument {
  /** The path as the user knows it. */
  readonly path: string;
  readonly yaml: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * Reads YAML. Throws `invalid-request`, beginning with `file:line:column`, where it is broken.
 */
export function parseRegistryDocument(text: string, path: string): RegistryDocument {
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = yaml.errors.map(({ pos, message }) => [pos[0], message] as const);
  const [error] = [...syntax, ...unresolvedAliases(yaml)];
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

/** YAML's own aliases, `*name`, without the `&name` that they refer to: where, and what to say. */
function unresolvedAliases(yaml: Document.Parsed): (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  visit(yaml, {
    Alias(_, alias) {
      if (alias.resolve(yaml) === undefined) {
        found.push([alias.range?.[0] ?? 0, `*${alias.source} refers to no &${alias.source}`]);
      }
    },
  });
  return found;
}

/** The plain value of the whole document. Throws `invalid-request` for an alias bomb. */
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
 * `file:line:column` of what a path of keys and indices leads to: its value, or its key where `what` says so.
 * Where the path leads nowhere it is the last place on the way.
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

/** The pair of a key, which counts as text even where YAML reads it as a number. */
export function findPair(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === key);
}

/** The tables of a models.yaml. */
export type Section = 'models' | 'aliases';

/** The map of a section, where it has one. */
export function sectionMap(document: RegistryDocument, section: Section): YAMLMap | undefined {
  const root = document.yaml.contents;
  const value = isMap(root) ? findPair(root, section)?.value : undefined;
  return isMap(value) ? value : undefined;
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
