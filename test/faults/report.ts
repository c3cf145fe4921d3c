import { afterAll, TestRunner } from 'vitest';

/** One line of a table of faults. */
export interface FaultRow {
  readonly table: string;
  readonly fault: string;
  readonly outcome: string;
}

declare module 'vitest' {
  interface TaskMeta {
    /** Rows that a test of faults has measured. */
    faults?: FaultRow[];
  }
}

/** The suite runs in full. */
export const IS_LONG = process.env['PORTICO_FAULTS'] === 'long';

/**
 * Prints the rows of a test file when it has ended. The page's reporter finds them at their tests.
 *
 * @returns a function that records a row of the current test
 */
export function reportRows(table: string): (fault: string, outcome: string) => void {
  const rows: FaultRow[] = [];
  afterAll(() => {
    const width = Math.max(0, ...rows.map(({ fault }) => fault.length));
    const lines = rows.map(({ fault, outcome }) => `  ${fault.padEnd(width)}  ${outcome}\n`);
    process.stdout.write(`\n${table}\n${lines.join('')}\n`);
  });
  return (fault, outcome) => {
    const row = { table, fault, outcome };
    rows.push(row);
    const meta = TestRunner.getCurrentTest()?.meta;
    if (meta !== undefined) meta.faults = [...(meta.faults ?? []), row];
  };
}
