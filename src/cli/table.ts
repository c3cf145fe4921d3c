import { printable } from './printable.ts';

/** Rows of cells as lines, each column as wide as its widest cell. */
export function renderTable(table: readonly (readonly string[])[]): string {
  const rows = table.map((row) => row.map((cell) => printable(cell.replaceAll(/\s+/g, ' '))));
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
