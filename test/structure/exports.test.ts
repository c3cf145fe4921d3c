import { describe, expect, it } from 'vitest';
import { exportedNames } from './exports.ts';
import { parse, sourceFiles } from './source-files.ts';

/** Files by the names that they export. */
const byName = new Map<string, string[]>();
for (const file of sourceFiles('src')) {
  for (const name of exportedNames(file)) {
    byName.set(name, [...(byName.get(name) ?? []), file.path]);
  }
}

describe('exported names', () => {
  it('are found in every form', () => {
    const text = [
      'export const a = 1, b = 2;',
      'export async function c() {}',
      'export function* d() {}',
      'export abstract class E {}',
      'export interface F {}',
      'export type G = string;',
      'const h = 1;',
    ].join('\n');
    expect(exportedNames(parse('src/sample.ts', text))).toEqual([
      'a',
      'b',
      'c',
      'd',
      'E',
      'F',
      'G',
    ]);
  });

  it('are unique in src', () => {
    const twice = [...byName].filter(([, files]) => files.length > 1);
    expect(twice.map(([name, files]) => `${name}: ${files.join(', ')}`)).toEqual([]);
  });
});
