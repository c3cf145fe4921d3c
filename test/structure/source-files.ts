import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** One TypeScript file of the repository, parsed. */
export interface SourceFile {
  /** Relative to the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

export const ROOT = path.resolve(import.meta.dirname, '../..');

const parsed = new Map<string, readonly SourceFile[]>();

/** Returns all TypeScript files under a folder of the repository, parsed once for all test files of a worker. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  const files = parsed.get(folder) ?? parseAll(folder);
  parsed.set(folder, files);
  return files;
}

function parseAll(folder: string): readonly SourceFile[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => parse(path.posix.join(folder, name.split(path.sep).join('/'))));
}

/** Parses a file of the repository, or the given text under its name. */
export function parse(
  file: string,
  text = readFileSync(path.join(ROOT, file), 'utf8'),
): SourceFile {
  return { path: file, text, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) };
}

/** Calls `visit` on a node and on all below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}
