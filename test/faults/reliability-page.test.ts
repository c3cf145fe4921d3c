import { expect, it } from 'vitest';
import { withTables } from './reliability-page.ts';

const page = (...tables: string[]): string =>
  `# Page\n\n<!-- faults: written by npm run faults -->\n\n${tables.join('')}<!-- /faults -->\n\nEnd.\n`;
const table = (name: string, run: string, outcome: string): string =>
  `### ${name}\n\n${run}\n\n| fault | outcome |\n| --- | --- |\n| a fault | ${outcome} |\n\n`;

it('replaces the tables that a run has measured, and leaves the others with their date', () => {
  const old = page(table('Kills', 'Run in May.', '1'), table('Soak', 'Run in May.', '2'));
  const rows = [
    { table: 'Soak', fault: 'a fault', outcome: '3' },
    { table: 'Requests', fault: 'a fault', outcome: '4' },
  ];
  expect(withTables(old, rows, 'Run in June.')).toBe(
    page(
      table('Kills', 'Run in May.', '1'),
      table('Requests', 'Run in June.', '4'),
      table('Soak', 'Run in June.', '3'),
    ),
  );
});
