import { readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);
const BEGIN = '<!-- faults: written by npm run faults -->';
const END = '<!-- /faults -->';

const ROW = z.object({ table: z.string(), fault: z.string(), outcome: z.string() });

type Row = z.infer<typeof ROW>;

const COLLECTED = path.join(tmpdir(), `portico-faults-${process.pid}.jsonl`);

/** Has a full run collect its rows. */
export function setup(): void {
  process.env['PORTICO_FAULTS_REPORT'] = COLLECTED;
}

/** Writes what was collected into docs/reliability.md. */
export async function teardown(): Promise<void> {
  const lines = (await readFile(COLLECTED, 'utf8')).trim().split('\n');
  await rm(COLLECTED);
  const rows = lines.map((line) => ROW.parse(JSON.parse(line)));
  const text = await readFile(DOCUMENT, 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  const [, after = ''] = rest.split(END);
  await writeFile(DOCUMENT, `${before}${BEGIN}\n\n${reportOf(rows)}\n${END}${after}`);
}

function reportOf(rows: readonly Row[]): string {
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'an unknown processor'}`;
  const tables = [...new Set(rows.map(({ table }) => table))].toSorted();
  return [
    `Run on ${date} with Node ${process.version} on ${machine}.`,
    ...tables.map(
      (table) => `### ${table}\n\n${tableOf(rows.filter((row) => row.table === table))}`,
    ),
    '',
  ].join('\n\n');
}

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ fault, outcome }) => `| ${cell(fault)} | ${cell(outcome)} |`);
  return ['| fault | outcome |', '| --- | --- |', ...cells].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('_', '\\_');
}
