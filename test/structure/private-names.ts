import ts from 'typescript';
import { exportedNames } from './exports.ts';
import { walk } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** Words of no name, and the terms to use in their place. */
const EVERYWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    seam: 'turn closing',
    splice: 'workaround, placeholder',
    sight: 'vision',
    blind: 'text-only',
    eyes: 'vision encoder',
    tower: 'projector',
    speaker: 'loaded model',
    steering: 'grammar selector',
    wish: 'option, request',
    tell: 'report, send',
    tells: 'reports, sends',
    told: 'reported, sent',
    gives: 'returns',
    gave: 'returned',
    stands: 'is',
    standing: 'state, typed tool',
    lies: 'is',
    patience: 'timeout',
    nobody: 'none',
    somebody: 'client',
    behind: 'after',
    precious: 'a plain word',
    lesser: 'a plain word',
    kinship: 'relation',
  }),
);

/** Words that are fine in a local name, but say nothing in another file. */
const EXPORTED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    asked: 'request',
    kept: 'cache',
    question: 'request context',
    scope: 'linked abort',
    writing: 'active grammar',
  }),
);

/** Unit that a compound name abbreviates: `timeoutMs`, `TIMEOUT_MS`. */
const LONG_UNIT = /^milli(?:second)?s?$/;

/** Names that a file declares with a private word, as lines for a report. */
export function privateNames(file: SourceFile): string[] {
  const exported = new Set(exportedNames(file));
  const names = new Set<string>();
  walk(file.tree, (node) => {
    if (isDeclaredName(node)) names.add(node.text.replace(/^#/, ''));
  });
  return [...names].flatMap((name) => {
    const terms = exported.has(name) ? new Map([...EVERYWHERE, ...EXPORTED]) : EVERYWHERE;
    const words = wordsIn(name);
    return words.flatMap((word) => {
      const isLongUnit = words.length > 1 && LONG_UNIT.test(word);
      const term = isLongUnit ? 'ms' : (terms.get(word) ?? terms.get(word.replace(/e?s$/, '')));
      return term === undefined ? [] : [`${file.path}: ${name}: write ${term} for “${word}”`];
    });
  });
}

function isDeclaredName(node: ts.Node): node is ts.Identifier | ts.PrivateIdentifier {
  if (!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) return false;
  const { parent } = node;
  const isUse =
    ts.isPropertyAccessExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    ts.isImportSpecifier(parent);
  return !isUse && 'name' in parent && parent.name === node;
}

/** Words of a name in camelCase or CAPITALS, in small letters. */
function wordsIn(name: string): readonly string[] {
  return name
    .split(/_|(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
    .map((word) => word.toLowerCase());
}
