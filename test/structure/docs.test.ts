import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './source-files.ts';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

const PAGES = ['docs', 'docs/decisions'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`),
);

describe('the README', () => {
  it('has at most 150 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
  });

  it('links to each page in docs/', () => {
    const readme = read('README.md');
    const pages = PAGES.filter((page) => !page.startsWith('docs/decisions/'));
    expect(pages.filter((page) => !readme.includes(`/blob/main/${page})`))).toEqual([]);
  });
});

describe.each([...PAGES, 'CONTRIBUTING.md', 'examples/README.md'])('%s', (page) => {
  it('links to files and headings that exist', () => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const relative = links.filter((link) => !/^https?:/.test(link));
    expect(relative.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });
});

describe.each(PAGES.filter((page) => page.startsWith('docs/decisions/')))('%s', (page) => {
  it('has a date, a status and alternatives', () => {
    expect(read(page)).toMatch(/^Date: \d{4}-\d\d-\d\d\. Status: \w+\.$[^]*^## Alternatives$/m);
  });

  it('names source files by paths that exist', () => {
    const named = [...read(page).matchAll(/`([\w./-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(named.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});

/** True if the file of a link exists, and has the heading that the link names. */
function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
  if (!existsSync(path.join(ROOT, target))) return false;
  return heading === undefined || anchorsOf(read(target)).includes(heading);
}

/** Anchors of headings as GitHub names them. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
