import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { importsOf } from './imports.ts';
import { ROOT, sourceFiles } from './source-files.ts';

/** A file is small below so many lines. */
const SMALL = 30;

/** Small files with one importer, with the reason why they are not part of it. */
const APART: readonly (readonly [files: RegExp, reason: string])[] = [
  [/\/index\.ts$/, 'a list, or the item of one'],
  [/^src\/cli\/commands\//, 'one file a command'],
  [/^src\/http\/routes\//, 'one file a route'],
  [/^src\/formats\/fenced-call\.ts$/, 'a format, whose importer is in another folder'],
  [/^src\/grammar\/strings\.ts$/, 'one file a type of JSON Schema'],
  [/^src\/output\/openings\.ts$/, 'its importer is as long as a file may be'],
];

/** Files by the files that they import. A test imports what it tests by itself. */
const importers = new Map<string, Set<string>>();
for (const { from, target } of ['src', 'test', 'bench'].flatMap(sourceFiles).flatMap(importsOf)) {
  if (target !== undefined) importers.set(target, (importers.get(target) ?? new Set()).add(from));
}

const single = sourceFiles('src')
  .map((file) => file.path)
  .filter((file) => importers.get(file)?.size === 1 && linesOf(file) < SMALL);

function linesOf(file: string): number {
  return readFileSync(path.join(ROOT, file), 'utf8').trimEnd().split('\n').length;
}

it('small files have two importers, or a reason', () => {
  expect(single.filter((file) => !APART.some(([files]) => files.test(file)))).toEqual([]);
});

it.each(APART)('%s names small files with one importer: %s', (files) => {
  expect(single.some((file) => files.test(file))).toBe(true);
});
