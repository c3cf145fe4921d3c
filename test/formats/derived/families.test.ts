import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../structure/source-files.ts';
import { tableOf } from '../../support/markdown-table.ts';
import { areTemplatesMissing } from '../../support/real-templates.ts';
import { measureFamilies } from './families.ts';
import type { FamilyResult } from './families.ts';

const PAGE = 'docs/chat-formats.md';
const BEGIN = '<!-- Written by npm run formats:derived. -->';
const END = '<!-- End of the table. -->';

/** Families that are read without their file, at least. */
const BAR = 24;

describe.skipIf(areTemplatesMissing())('families whose file is left out', () => {
  let results: readonly FamilyResult[];
  beforeAll(async () => {
    results = await measureFamilies();
    process.stdout.write(`\n${tableText(results)}\n`);
  });

  it('are read by the formats that are derived from their templates', () => {
    expect(results.filter(isRead).length).toBeGreaterThanOrEqual(BAR);
  });

  it('write no part of a call as text', () => {
    expect(results.filter(({ leaks }) => leaks).map(({ family }) => family)).toEqual([]);
  });

  it('are listed in the docs', async () => {
    const page = readFileSync(path.join(ROOT, PAGE), 'utf8');
    const [before = '', rest = ''] = page.split(BEGIN);
    const [, after = ''] = rest.split(END);
    const written = `${before}${BEGIN}\n\n${tableText(results)}\n\n${END}${after}`;
    await expect(written).toMatchFileSnapshot(`../../../${PAGE}`);
  });
});

function isRead({ unread }: FamilyResult): boolean {
  return unread.length === 0;
}

function tableText(results: readonly FamilyResult[]): string {
  const rows = results.map(({ family, templates, scenarios, unread, leaks }) => [
    family,
    String(templates),
    `${scenarios.length - unread.length} of ${scenarios.length}`,
    `${unread.join(', ')}${leaks ? ' (as text)' : ''}`,
  ]);
  const count = `${results.filter(isRead).length} of ${results.length} families are read in full:`;
  return `${count}\n\n${tableOf(['family', 'templates', 'scenarios read', 'not read'], rows)}`;
}
