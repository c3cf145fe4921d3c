import { appendFileSync } from 'node:fs';
import { afterAll } from 'vitest';

/** One line of a table of faults. */
export interface FaultRow {
  readonly table: string;
  readonly fault: string;
  readonly outcome: string;
}

/** The suite runs in full. */
export const IS_LONG = process.env['PORTICO_FAULTS'] === 'long';

/** File in which a full run collects its rows, a line each. */
const REPORT = process.env['PORTICO_FAULTS_REPORT'];

/**
 * Prints the rows of a test file when it has ended, and hands them to the report of a full run.
 *
 * @returns what records a row
 */
export function reportRows(table: string): (fault: string, outcome: string) => void {
  const rows: FaultRow[] = [];
  afterAll(() => {
    const width = Math.max(0, ...rows.map(({ fault }) => fault.length));
    const lines = rows.map(({ fault, outcome }) => `  ${fault.padEnd(width)}  ${outcome}\n`);
    process.stdout.write(`\n${table}\n${lines.join('')}\n`);
    if (REPORT === undefined) return;
    appendFileSync(REPORT, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });
  return (fault, outcome) => void rows.push({ table, fault, outcome });
}
