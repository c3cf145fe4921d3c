import ts from 'typescript';
import { expect, it } from 'vitest';
import { sourceFiles, walk } from './source-files.ts';
import { covers } from '../support/covers.ts';

covers('R12.1-first');

/** Functions that take any number of values, and take a list of them in `core/lists.ts`. */
const NAMES: ReadonlySet<string> = new Set(['push', 'unshift', 'max', 'min', 'fromCharCode']);

it('spreads no list into a call that takes any number of values', () => {
  const found: string[] = [];
  for (const { path, tree } of sourceFiles('src')) {
    walk(tree, (node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      if (!NAMES.has(node.expression.name.text) || !node.arguments.some(ts.isSpreadElement)) return;
      found.push(`${path}: ${node.getText()}`);
    });
  }
  expect(found).toEqual([]);
});
