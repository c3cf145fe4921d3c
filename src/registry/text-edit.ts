import { isAlias, isMap, isNode, isScalar, isSeq, stringify } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';
import { findPair } from './document.ts';
import type { RegistryDocument } from './document.ts';

/**
 * The text with one alias more, or with another target for it, every other character kept.
 * Undefined where the file is not in block style, so that there is no line to add or to change.
 */
export function insertAlias(
  document: RegistryDocument,
  text: string,
  name: string,
  target: string,
): string | undefined {
  const root = document.yaml.contents;
  const line = `${scalarText(name)}: ${scalarText(target)}`;
  if (root !== null && !(isMap(root) && root.flow !== true)) {
    return undefined;
  }
  const section = root === null ? undefined : findPair(root, 'aliases');
  if (section === undefined) {
    const gap = text === '' || text.endsWith('\n') ? '' : newline(text);
    return `${text}${gap}aliases:${newline(text)}  ${line}${newline(text)}`;
  }
  const aliases = section.value;
  if (isMap(aliases) && aliases.flow !== true) {
    const known = findPair(aliases, name);
    return known === undefined
      ? addLine(text, aliases, line)
      : replaceNode(text, known.value, scalarText(target));
  }
  return isEmpty(aliases) ? addFirstLine(text, section, line) : undefined;
}

/** The text without the lines of one entry; undefined where it does not have lines of its own. */
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

function addLine(text: string, map: YAMLMap, line: string): string | undefined {
  const [first, last] = [map.items[0], map.items.at(-1)];
  const start = first === undefined ? undefined : startOf(first.key);
  if (start === undefined || last === undefined) {
    return undefined;
  }
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return insertLine(text, endOf(last, text), `${indent}${line}`);
}

function addFirstLine(text: string, section: Pair, line: string): string {
  const key = endOfNode(section.key, text) ?? 0;
  const end = endOf(section, text);
  const emptied = text.slice(0, key) + text.slice(key, end).replace(/\s*(\{\s*\}|~|null)$/, '');
  return insertLine(emptied + text.slice(end), emptied.length, `  ${line}`);
}

/** Adds a line after the one that a place lies in. */
function insertLine(text: string, offset: number, line: string): string {
  const rest = text.slice(offset);
  const end = offset + (/\r?\n|$/.exec(rest)?.index ?? rest.length);
  return `${text.slice(0, end)}${newline(text)}${line}${text.slice(end)}`;
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

/** Where a node's last character is, whatever comments follow it. */
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
