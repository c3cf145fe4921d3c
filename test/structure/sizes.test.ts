import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { sourceFiles, walk } from './source-files.ts';
import type { SourceFile } from './source-files.ts';
import { covers } from '../support/covers.ts';

const SOURCE_LINES = 250;
const TEST_LINES = 400;
const FUNCTION_LINES = 50;

function oversized(files: readonly SourceFile[], most: number): string[] {
  return files
    .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > most)
    .map(({ path, lines }) => `${path}: ${lines} lines > ${most}`);
}

function oversizedFunctions({ path, tree }: SourceFile): string[] {
  const found: string[] = [];
  walk(tree, (node) => {
    if (!ts.isFunctionLike(node)) return;
    const first = tree.getLineAndCharacterOfPosition(node.getStart()).line;
    const lines = tree.getLineAndCharacterOfPosition(node.end).line - first + 1;
    if (lines > FUNCTION_LINES) {
      found.push(`${path}:${first + 1}: a function of ${lines} lines > ${FUNCTION_LINES}`);
    }
  });
  return found;
}

describe('sizes', () => {
  covers('R2.1-sizes');

  it('of source files', () => {
    expect(oversized(sourceFiles('src'), SOURCE_LINES)).toEqual([]);
  });

  it('of test files', () => {
    expect(oversized(sourceFiles('test'), TEST_LINES)).toEqual([]);
  });

  it('of functions', () => {
    expect(sourceFiles('src').flatMap(oversizedFunctions)).toEqual([]);
  });

  it('are measured', () => {
    const text = `function long() {\n${'step();\n'.repeat(60)}}\n`;
    const tree = ts.createSourceFile('long.ts', text, ts.ScriptTarget.Latest, true);
    const file = { path: 'long.ts', text, tree };
    expect(oversizedFunctions(file)).toEqual(['long.ts:1: a function of 62 lines > 50']);
    expect(oversized([file], 40)).toEqual(['long.ts: 62 lines > 40']);
  });
});
