import ts from 'typescript';
import { walk } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** Requirement that a test covers. */
export interface Citation {
  readonly id: string;
  readonly path: string;
}

/** All ids that a file names in calls of `covers`. */
export function citationsOf(file: SourceFile): Citation[] {
  const citations: Citation[] = [];
  walk(file.tree, (node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== 'covers') return;
    for (const argument of node.arguments) {
      if (ts.isStringLiteral(argument)) citations.push({ id: argument.text, path: file.path });
    }
  });
  return citations;
}

/** Titles of tests that name a requirement, which belongs into a call of `covers`. */
export function idsInTitles(file: SourceFile): string[] {
  const found: string[] = [];
  walk(file.tree, (node) => {
    if (ts.isStringLiteralLike(node) && /\[R\d+\.[^\]]*\]/.test(node.text)) {
      found.push(`${file.path}: ${node.text}`);
    }
  });
  return found;
}
