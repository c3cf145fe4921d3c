import type { FaultRow } from './report.ts';

const BEGIN = '<!-- faults: written by npm run faults -->';
const END = '<!-- /faults -->';

/**
 * The page with the tables of a run in place of older ones. A table that the run has not measured stays.
 *
 * @param run date and machine, for the line above each table
 */
export function withTables(page: string, rows: readonly FaultRow[], run: string): string {
  const [before = '', rest = ''] = page.split(BEGIN);
  const [written = '', after = ''] = rest.split(END);
  const tables = tablesOf(written);
  for (const table of new Set(rows.map((row) => row.table))) {
    const measured = rows.filter((row) => row.table === table);
    tables.set(table, `${run}\n\n${tableOf(measured)}`);
  }
  const sections = [...tables]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([table, text]) => `### ${table}\n\n${text}\n\n`);
  return `${before}${BEGIN}\n\n${sections.join('')}${END}${after}`;
}

/** Text below each heading. */
function tablesOf(written: string): Map<string, string> {
  const [, ...sections] = written.split(/^### /m);
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.split('\n');
      return [title, lines.join('\n').trim()] as const;
    }),
  );
}

function tableOf(rows: readonly FaultRow[]): string {
  const cells = rows.map(({ fault, outcome }) => `| ${cell(fault)} | ${cell(outcome)} |`);
  return ['| fault | outcome |', '| --- | --- |', ...cells].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('_', '\\_');
}
