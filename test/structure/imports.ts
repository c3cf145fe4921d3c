import path from 'node:path';
import ts from 'typescript';
import { walk } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** One import, re-export, dynamic import or type import. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The file it names, relative to the repository's root; absent for a package. */
  readonly target?: string;
}

/** Every module that a file names, in whatever form. */
export function importsOf(file: SourceFile): Import[] {
  const specifiers: string[] = [];
  walk(file.tree, (node) => {
    const literal = specifierOf(node);
    if (literal !== undefined && ts.isStringLiteralLike(literal)) specifiers.push(literal.text);
  });
  return specifiers.map((specifier) =>
    specifier.startsWith('.')
      ? {
          from: file.path,
          specifier,
          target: path.posix.join(path.posix.dirname(file.path), specifier),
        }
      : { from: file.path, specifier },
  );
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  }
  const isDynamicImport =
    ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamicImport ? node.arguments[0] : undefined;
}

/** The cycles of an import graph, each as the files along it. */
export function cyclesIn(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, target } of imports) {
    if (target !== undefined) targets.set(from, [...(targets.get(from) ?? []), target]);
  }
  const cycles: string[][] = [];
  const done = new Set<string>();
  const follow = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.push([...trail.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) follow(target, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) follow(file, []);
  return cycles;
}
