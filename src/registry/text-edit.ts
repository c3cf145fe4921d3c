import { isAlias, isMap, isNode, isScalar, isSeq, stringify } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';
import { findPair, sectionMap } from './document.ts';
import type { RegistryDocument, Section } from './document.ts';

/**
 * Adds an alias to the text, or changes its target, and keeps every other character. Returns undefined if the
 * file is not in block style: there is no line to add or change.
 */
export function insertAlias(
  document: RegistryDocument,
  text: string,
  name: string,
  target: string,
): string | undefined {
  const aliases = sectionMap(document, 'aliases');
  const known = aliases?.flow === true ? undefined : aliases && findPair(aliases, name);
  return known === undefined
    ? insertEntry(document, text, 'aliases', [`${scalarText(name)}: ${scalarText(target)}`])
    : replaceNode(text, known.value, scalarText(target));
}

/**
 * The text with one entry more in a section, whose lines are given without their common indentation.
 * Undefined as with `insertAlias`.
 */
export function insertEntry(
  document: RegistryDocument,
  text: string,
  section: Section,
  lines: readonly string[],
): string | undefined {
  const root = document.yaml.contents;
  if (root !== null && !(isMap(root) && root.flow !== true)) {
    return undefined;
  }
  const pair = root === null ? undefined : findPair(root, section);
  if (pair === undefined) {
    return appendLines(text, [`${section}:`, ...lines.map((line) => `  ${line}`)]);
  }
  const entries = pair.value;
  if (isMap(entries) && entries.flow !== true) {
    return addLines(text, entries, lines);
  }
  return isEmpty(entries) ? addFirstLines(text, pair, lines) : undefined;
}

/** The text with another value for a key of the outermost level. Undefined as with `insertAlias`. */
export function setTopScalar(
  document: RegistryDocument,
  text: string,
  key: string,
  value: string,
): string | undefined {
  const root = document.yaml.contents;
  if (root === null || (isMap(root) && root.flow !== true && findPair(root, key) === undefined)) {
    return appendLines(text, [`${key}: ${scalarText(value)}`]);
  }
  return isMap(root) ? setKey(text, root, key, value) : undefined;
}

/** The text with another value for a key of a map. Undefined as with `insertAlias`. */
export function setKey(text: string, map: YAMLMap, key: string, value: string): string | undefined {
  if (map.flow === true) {
    return undefined;
  }
  const known = findPair(map, key);
  return known === undefined
    ? addLines(text, map, [`${key}: ${scalarText(value)}`])
    : replaceNode(text, known.value, scalarText(value));
}

function appendLines(text: string, lines: readonly string[]): string {
  const end = newline(text);
  const gap = text === '' || text.endsWith('\n') ? '' : end;
  return `${text}${gap}${lines.map((line) => `${line}${end}`).join('')}`;
}

/** Removes the lines of one entry from the text; returns undefined if it has no lines of its own. */
export function cutEntry(text: string, map: YAMLMap, pair: Pair): string | undefined {
  const start = startOf(pair.key);
  if (map.flow === true || start === undefined) {
    return undefined;
  }
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const to = text.indexOf('\n', endOf(pair, text));
  return text.slice(from, start).trim() === ''
    ? text.slice(0, from) + (to === -1 ? '' : text.slice(to + 1))
    : undefined;
}

function addLines(text: string, map: YAMLMap, lines: readonly string[]): string | undefined {
  const [first, last] = [map.items[0], map.items.at(-1)];
  const start = first === undefined ? undefined : startOf(first.key);
  if (start === undefined || last === undefined) {
    return undefined;
  }
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return insertLines(text, endOf(last, text), lines, indent);
}

function addFirstLines(text: string, section: Pair, lines: readonly string[]): string {
  const key = endOfNode(section.key, text) ?? 0;
  const end = endOf(section, text);
  const emptied =
    text.slice(0, key) + text.slice(key, end).replace(/(?<!\s)\s*(\{\s*\}|~|null)$/, '');
  return insertLines(emptied + text.slice(end), emptied.length, lines, '  ');
}

/** Adds lines after the line of a position. */
function insertLines(
  text: string,
  offset: number,
  lines: readonly string[],
  indent: string,
): string {
  const rest = text.slice(offset);
  const end = offset + (/\r?\n|$/.exec(rest)?.index ?? rest.length);
  const added = lines.map((line) => `${newline(text)}${indent}${line}`).join('');
  return `${text.slice(0, end)}${added}${text.slice(end)}`;
}

function replaceNode(text: string, node: unknown, replacement: string): string | undefined {
  const start = startOf(node);
  const end = endOfNode(node, text);
  return start === undefined || end === undefined
    ? undefined
    : text.slice(0, start) + replacement + text.slice(end);
}

function isEmpty(node: unknown): boolean {
  return (
    node === null ||
    (isScalar(node) && node.value === null) ||
    (isMap(node) && node.items.length === 0)
  );
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function endOf(pair: Pair, text: string): number {
  return endOfNode(pair.value, text) ?? endOfNode(pair.key, text) ?? 0;
}

/** Position of a node's last character, without the comments after it. */
function endOfNode(node: unknown, text: string): number | undefined {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? node.range?.[1] : endOf(last, text);
  }
  if (isSeq(node) && node.flow !== true) {
    return endOfNode(node.items.at(-1), text) ?? node.range?.[1];
  }
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) {
    return undefined;
  }
  const end = node.range?.[1];
  // A block scalar ends with the line break that its last line needs.
  return end !== undefined && text[end - 1] === '\n' ? end - 1 : end;
}

function scalarText(value: string): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}

function newline(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
