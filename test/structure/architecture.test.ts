import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAYERS } from './layers.ts';
import { ROOT } from './source-files.ts';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

const page = read('docs/architecture.md');

/** Folders that paths of the pictures are relative to. */
const BASES = ['src', 'src/backends/local'];

describe('docs/architecture.md', () => {
  it('names files and folders of src in its pictures', () => {
    const pictures = [...page.matchAll(/```mermaid\n([^]*?)```/g)].map(([, text = '']) => text);
    const named = pictures.flatMap(
      (text) => text.match(/[a-z][\w-]*(?:\/[\w-]+)*(?:\.ts|\/)/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !BASES.some((base) => exists(base, name)))).toEqual([]);
  });

  it('names types that the linked file or folder exports', () => {
    const rows = [...page.matchAll(/^\| [^|]+\| (`[^|]+`) +\| \[[^\]]+\]\(\.\.\/([^)]+)\)/gm)];
    expect(rows.length).toBeGreaterThan(12);
    const missing = rows.flatMap(([, types = '', file = '']) =>
      Array.from(types.matchAll(/\w+/g), ([type]) => type)
        .filter((type) => !exportsType(read(file), type))
        .map((type) => `${file}: ${type}`),
    );
    expect(missing).toEqual([]);
  });

  it('has the units in the order of their layers', () => {
    const rows = [...page.matchAll(/^\| +\d+ \| (.*?) *\|$/gm)];
    const units = rows.map(([, row = '']) =>
      Array.from(row.matchAll(/`([^`]+)`/g), ([, unit]) => unit),
    );
    expect(units).toEqual(LAYERS);
    expect(LAYERS.flat().filter((unit) => !exists('src', unit))).toEqual([]);
  });
});

function exists(base: string, name: string): boolean {
  return existsSync(path.join(ROOT, base, name));
}

function exportsType(source: string, name: string): boolean {
  return new RegExp(`^export (?:abstract )?(?:class|interface|type) ${name}\\b`, 'm').test(source);
}
