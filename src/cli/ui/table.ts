import type { CliContext } from '../context.ts';
import { printable } from './printable.ts';
import { largest } from '../../core/lists.ts';

/** Writes rows of cells to stdout, each column as wide as its widest cell. */
export function printTable(table: readonly (readonly string[])[], { stdout }: CliContext): void {
  const rows = table.map((row) => row.map((cell) => printable(cell.replaceAll(/\s+/g, ' '))));
  const count = largest(rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    largest(rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`);
  stdout.write(lines.join(''));
}
