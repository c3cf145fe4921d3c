import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ROOT } from './source-files.ts';
import { covers } from '../support/covers.ts';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

const PACKAGE = z.looseObject({
  name: z.string(),
  type: z.string(),
  homepage: z.string(),
  repository: z.object({ url: z.string() }),
  bugs: z.object({ url: z.string() }),
  exports: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()),
  engines: z.record(z.string(), z.string()),
  scripts: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});

const manifest = PACKAGE.parse(JSON.parse(read('package.json')));

/** The scripts that a script runs, those that these run, and so on. */
function scriptsUnder(name: string): string[] {
  const called = [...(manifest.scripts[name] ?? '').matchAll(/npm (?:run ([\w:]+)|(test))/g)];
  return [name, ...called.flatMap(([, run, test]) => scriptsUnder(run ?? test ?? ''))];
}

describe('the package', () => {
  covers('R2.1-package', 'R2.1-engine', 'R2.1-check', 'R2.9-card');

  it('is portico, ESM, for Node 20.19 and later', () => {
    expect(manifest).toMatchObject({ name: 'portico', type: 'module' });
    expect(manifest.bin).toEqual({ portico: './bin/portico.js' });
    expect(manifest.engines).toEqual({ node: '>=20.19' });
    expect(read('bin/portico.js')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it.each(['src', 'bin', 'test', 'models.yaml', 'tsconfig.json', 'README.md'])(
    'has %s at its top level',
    (name) => {
      expect(() => statSync(path.join(ROOT, name))).not.toThrow();
    },
  );

  it('exports no module, and names its repository', () => {
    expect(manifest.exports).toEqual({ './package.json': './package.json' });
    const address = manifest.homepage.replace(/#.*/, '');
    expect(manifest.bugs.url).toBe(`${address}/issues`);
    expect(manifest.repository.url).toBe(`git+${address}.git`);
  });

  it('pins the engine', () => {
    const {
      'node-llama-cpp': engine,
      '@napi-rs/canvas': _,
      ...builds
    } = manifest.optionalDependencies;
    expect(engine).toBe('3.22.1');
    expect(new Set(Object.values(builds))).toEqual(new Set(['1.7.15']));
  });

  it('checks all that it has to, the tests once', () => {
    const all = scriptsUnder('check');
    expect(all.map((name) => manifest.scripts[name]).join('\n')).toMatch(
      /oxfmt --check[^]*oxlint --type-aware --type-check --deny-warnings[^]*knip[^]*publint[^]*vitest run/,
    );
    expect(all.filter((name) => name === 'test:all')).toHaveLength(1);
    expect(scriptsUnder('check:static')).not.toContain('test:all');
  });

  it('carries the embedded model beside its card', () => {
    expect(statSync(path.join(ROOT, 'models/mini.gguf')).size).toBeGreaterThan(2_000_000);
    expect(existsSync(path.join(ROOT, 'models/README.md'))).toBe(true);
  });
});

describe('the README', () => {
  covers('R2.0-readme');

  const readme = () => read('README.md');

  it('names scripts of the package', () => {
    const docs = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    const pages = ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)];
    const scripts = pages
      .flatMap((page) => [...read(page).matchAll(/npm run ([\w:-]+)/g)])
      .map(([, script = '']) => script);
    expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });

  it('links to files of the package, or by absolute addresses to files of the repository', () => {
    const links = [...readme().matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => link);
    const relative = links.filter((link) => !/^https?:/.test(link));
    expect(relative.filter((link) => !/^(?:models\/|models\.yaml$)/.test(link))).toEqual([]);
    const page = `${manifest.homepage.replace(/#.*/, '')}/blob/main/`;
    const own = links
      .filter((link) => link.startsWith(page))
      .map((link) => link.slice(page.length));
    const missing = [...relative, ...own].filter((file) => !existsSync(path.join(ROOT, file)));
    expect(missing).toEqual([]);
  });
});
