import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { privateNames } from './private-names.ts';
import { codeMistakes, textMistakes } from './prose.ts';
import { parse, ROOT, sourceFiles } from './source-files.ts';

/** Folders and files that follow the rules. */
const PROSE_FOLDERS = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'SECURITY.md',
  'bench',
  'bin',
  'docs',
  'examples',
  'src',
  'test',
];

/** This file, whose samples break the rules. */
const SAMPLES = 'test/structure/prose.test.ts';

/** Files to check under a folder; the file itself if the path is one. */
function proseFiles(name: string): string[] {
  const place = path.join(ROOT, name);
  if (!existsSync(place)) return [];
  if (statSync(place).isFile()) return [name];
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|js|md)$/.test(file))
    .map((file) => path.posix.join(name, file.split(path.sep).join('/')))
    .filter((file) => file !== SAMPLES);
}

function mistakesIn(file: string): string[] {
  return file.endsWith('.md')
    ? textMistakes(file, readFileSync(path.join(ROOT, file), 'utf8'))
    : codeMistakes(parse(file));
}

const mistakesOf = (text: string) => codeMistakes(parse('x.ts', text));

describe('prose', () => {
  it.each(PROSE_FOLDERS)('is plain technical English in %s', (folder) => {
    const files = proseFiles(folder);
    expect(files).not.toEqual([]);
    expect(files.flatMap(mistakesIn)).toEqual([]);
  });
});

describe('names', () => {
  it.each(['src', 'test', 'bench'])('are terms of the field in %s', (folder) => {
    expect(sourceFiles(folder).flatMap(privateNames)).toEqual([]);
  });
});

describe('the check of names', () => {
  it('rejects private words of names, whatever their form', () => {
    const text = [
      'interface A { wayBehind: 1; told(): void }',
      'class B { #standing = 1 }',
      'const STEERING_MS = 1;',
      'function f(wishes: A, { eyes }: B) {}',
    ].join('\n');
    expect(privateNames(parse('x.ts', text)).map((line) => line.split(': ')[1])).toEqual([
      'wayBehind',
      'told',
      'standing',
      'STEERING_MS',
      'wishes',
      'eyes',
    ]);
  });

  it('rejects further words in exported names only', () => {
    const text = 'const asked = 1;\nexport const askedNow = 1;';
    expect(privateNames(parse('x.ts', text))).toEqual([
      'x.ts: askedNow: write request for “asked”',
    ]);
  });

  it('rejects a long unit in a compound name', () => {
    const text =
      'const WAIT_MILLISECONDS = 1;\nfunction f(waitMillis: number, milliseconds: number) {}';
    expect(privateNames(parse('x.ts', text))).toEqual([
      'x.ts: WAIT_MILLISECONDS: write ms for “milliseconds”',
      'x.ts: waitMillis: write ms for “millis”',
    ]);
  });

  it('accepts uses, keys of objects, and longer words', () => {
    const text = 'const outstanding = { told: 1, behind: outer.gave };\nfunction insight() {}';
    expect(privateNames(parse('x.ts', text))).toEqual([]);
  });
});

describe('the check of prose', () => {
  it.each(['What', 'Whether', 'Where', 'How', 'Who', 'When'])(
    'rejects a docstring that begins with %s',
    (word) => {
      expect(mistakesOf(`/** ${word} size. */\nconst a = 1;`)).toEqual([
        `x.ts:1: a docstring begins with “${word}”: write a noun or a verb in the third person`,
      ]);
    },
  );

  it('rejects a tag whose text begins so, but not a comment that does', () => {
    expect(mistakesOf('/**\n * A size.\n *\n * @param a how large\n */\n// When idle.')).toEqual([
      'x.ts:1: a docstring begins with “how”: write a noun or a verb in the third person',
    ]);
  });

  it('rejects private words in docstrings, comments and messages, by line', () => {
    const text = [
      '/** Returns what nobody reads. */',
      'function f() {',
      '  const a = 1; // Behind the end.',
      '  throw new Error(`${a} is told to the model`);',
      '  // It is undefined',
      '  // where there is none.',
      '}',
    ].join('\n');
    expect(mistakesOf(text).map((mistake) => mistake.replace(/: write .*/, ''))).toEqual([
      'x.ts:1: “nobody”',
      'x.ts:3: “Behind”',
      'x.ts:5: “where there”',
      'x.ts:5: “undefined where”',
      'x.ts:4: “told”',
    ]);
  });

  it('accepts code, quotations, addresses and ordinary uses of the words', () => {
    const text = [
      '/** Returns `told` behind a proxy; gives up after "nobody". */',
      '// See https://example.com/holds and the template’s “way out”.',
      "const told = ['holds', 'lies'];",
      'const held = `holds the lock`;',
      "ask('Tell me a story.');",
    ].join('\n');
    expect(mistakesOf(text)).toEqual([]);
  });

  it('reads Markdown without its code blocks', () => {
    expect(textMistakes('x.md', 'A server tells `told`.\n```\ntells\n```\nIt lies here.')).toEqual([
      'x.md:1: “tells”: write reports, says, shows',
      'x.md:5: “lies”: write is',
    ]);
  });
});
