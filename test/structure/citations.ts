import ts from 'typescript';
import { walk } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** A requirement's id in the title of a test. */
export interface Citation {
  readonly id: string;
  readonly path: string;
}

const TEST_CALLS = new Set(['it', 'test', 'describe']);

/** All ids that the titles of a file's tests and suites name in square brackets. */
export function citationsOf(file: SourceFile): Citation[] {
  const citations: Citation[] = [];
  walk(file.tree, (node) => {
    if (!ts.isCallExpression(node) || !TEST_CALLS.has(rootName(node.expression))) return;
    const [title] = node.arguments;
    if (title === undefined || !isText(title)) return;
    for (const [, id = ''] of title.getText().matchAll(/\[(R\d[^\]]*)\]/g)) {
      citations.push({ id, path: file.path });
    }
  });
  return citations;
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** `it` for `it(…)`, `it.each(rows)(…)` and `it.skipIf(away)(…)` alike. */
function rootName(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  if (ts.isPropertyAccessExpression(expression)) return rootName(expression.expression);
  if (ts.isCallExpression(expression)) return rootName(expression.expression);
  if (ts.isTaggedTemplateExpression(expression)) return rootName(expression.tag);
  return '';
}
