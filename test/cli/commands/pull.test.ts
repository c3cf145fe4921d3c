import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MINI, serveModels, sha256 } from '../../support/model-host.ts';
import { serveProxy } from '../../support/proxy.ts';
import type { Manners } from '../../support/model-host.ts';
import { REPOSITORY, runPortico } from '../../support/server.ts';
import { makeHome } from '../home.ts';
import { PACKAGE } from '../../support/engine-variant.ts';
import { covers } from '../../support/covers.ts';

const SOURCE = 'hf:user/model:Q8_0';
const PROJECTOR = await readFile(join(REPOSITORY, 'test/fixtures/tower.gguf'));
const FILES = { 'model-Q8_0.gguf': MINI, 'README.md': Buffer.from('# A model') };

/** Model hub of a test, and a home whose commands use it. */
async function withHub(
  manners: Manners = {},
  registry?: string,
  files: Readonly<Record<string, Buffer>> = FILES,
) {
  const host = await serveModels(files, manners);
  const home = await makeHome(registry, { HF_ENDPOINT: host.url });
  const models = join(dirname(home.registryFile), 'models');
  return { ...home, host, models, text: () => readFile(home.registryFile, 'utf8') };
}

async function expectMini(file: string): Promise<void> {
  expect(sha256(await readFile(file))).toBe(sha256(MINI));
}

describe('portico pull', () => {
  covers('R4.6-pull-sources', 'R4.6-register', 'R7.1-pull');

  it('downloads a source, and adds it to models.yaml', async () => {
    const written = '# mine\naliases:\n  a: mini # here\n';
    const { portico, models, text } = await withHub({}, written);
    const { code, stdout, stderr } = await portico('pull', SOURCE);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        "pulled 'model' (3.55 MB); its SHA-256 matches the source\n" +
        'try it with: portico run model\n',
    });
    expect(stderr).toMatch(
      /^pulling model 0 %.*\n([^]*\n)?pulling model 100 % {2}3\.55 MB of 3\.55 MB.*\n$/,
    );
    expect(await text()).toBe(
      `${written}models:\n  model:\n    backend: llama\n    source: ${SOURCE}\n`,
    );
    await expectMini(join(models, 'model.gguf'));
    const again = await portico('pull', SOURCE);
    expect(again.stdout).toBe(`'model' is already downloaded: ${join(models, 'model.gguf')}\n`);
    expect((await portico('run', 'model', 'Count from 1 to 3')).stdout).toMatch(/1, 2, 3/);
  });

  it('downloads the projector of a model with vision, and adds it to models.yaml', async () => {
    const files = { ...FILES, 'mmproj-F16.gguf': PROJECTOR };
    const { portico, models, text } = await withHub({}, undefined, files);
    expect((await portico('pull', SOURCE)).code).toBe(0);
    await expectMini(join(models, 'model.gguf'));
    expect(sha256(await readFile(join(models, 'model.mmproj.gguf')))).toBe(sha256(PROJECTOR));
    expect(parse(await text())).toEqual({
      models: { model: { backend: 'llama', source: SOURCE, mmproj: 'model.mmproj.gguf' } },
    });
  });

  it('downloads a URL under the name of --name', async () => {
    const { portico, host, models, text } = await withHub();
    const url = `${host.url}/user/model/resolve/main/model-Q8_0.gguf`;
    const { stdout } = await portico('pull', url, '--name', 'my:own', '--json');
    const file = join(models, 'my%3Aown.gguf');
    expect(JSON.parse(stdout)).toEqual({
      name: 'my:own',
      backend: 'llama',
      source: url,
      files: [{ file, bytes: MINI.length, sha256: sha256(MINI), verified: true, wasThere: false }],
    });
    await expectMini(file);
    expect(parse(await text())).toEqual({
      models: { 'my:own': { backend: 'llama', source: url } },
    });
  });

  it('downloads a known name from its source, and leaves models.yaml unchanged', async () => {
    const registry = `models:\n  big: { backend: llama, source: "${SOURCE}", file: ./here.gguf }\n`;
    const { portico, registryFile, text } = await withHub({}, registry);
    expect((await portico('pull', 'big')).code).toBe(0);
    await expectMini(join(dirname(registryFile), 'here.gguf'));
    expect(await text()).toBe(registry);
  });

  it('finds another name for a second quantization', async () => {
    const files = {
      'model-Q8_0.gguf': MINI,
      'model-Q4_0.gguf': MINI,
      'README.md': Buffer.from(''),
    };
    const { portico, models } = await withHub({}, undefined, files);
    await portico('pull', SOURCE);
    await portico('pull', 'hf:user/model:Q4_0');
    expect((await readdir(models)).toSorted()).toEqual(['model%3Aq4_0.gguf', 'model.gguf']);
    const names = (await portico('names')).stdout.split('\n');
    expect(names).toEqual(expect.arrayContaining(['model', 'model:q4_0']));
  });
});

describe('portico pull of a split model', () => {
  covers('R4.6-pull-split');

  const parts = { 'x-Q8_0-00001-of-00002.gguf': MINI, 'x-Q8_0-00002-of-00002.gguf': MINI };

  it.each([
    [
      'without an entry',
      '',
      'model',
      `models:\n  model:\n    backend: llama\n    source: ${SOURCE}\n    file: model-00001-of-00002.gguf\n`,
    ],
    [
      'with an entry',
      `models:\n  mine:\n    backend: llama\n    source: ${SOURCE} # from there\n# end\n`,
      'mine',
      `models:\n  mine:\n    backend: llama\n    source: ${SOURCE} # from there\n    file: mine-00001-of-00002.gguf\n# end\n`,
    ],
  ])(
    'downloads all parts of %s, and its file is the first one',
    async (_case, before, name, after) => {
      const { portico, models, text } = await withHub({}, before, parts);
      expect(await portico('pull', before === '' ? SOURCE : name)).toMatchObject({ code: 0 });
      expect(await readdir(models)).toEqual([
        `${name}-00001-of-00002.gguf`,
        `${name}-00002-of-00002.gguf`,
      ]);
      expect(await text()).toBe(after);
      const listed = JSON.parse((await portico('ls', '--json')).stdout) as {
        models: { name: string; status: string }[];
      };
      expect(listed.models.find((model) => model.name === name)?.status).toBe('ready');
    },
  );
});

describe('portico pull, cut short', () => {
  covers('R4.6-pull-resume', 'R4.6-pull-cancel');

  it('resumes by itself if the connection breaks', async () => {
    const { portico, host, models } = await withHub({ breaks: [500_000] });
    const { code, stderr } = await portico('pull', SOURCE);
    expect(code).toBe(0);
    expect(stderr).toMatch(/ended the file too early|aborted|closed/);
    expect(stderr).toContain('; trying again\n');
    const [first, second, ...others] = host.downloads.map(({ headers }) => headers.range);
    expect([first, others]).toEqual([undefined, []]);
    // The part that was in transit when the connection broke is fetched again.
    expect(Number(/^bytes=(\d+)-$/.exec(second ?? '')?.[1])).toBeGreaterThan(0);
    await expectMini(join(models, 'model.gguf'));
  });

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)(
    'resumes after %s, and does not take the part for the complete file',
    async (signal, code) => {
      const { portico, host, models, environment } = await withHub({ pause: 100 });
      const child = spawn(process.execPath, [join(PACKAGE, 'bin/portico.js'), 'pull', SOURCE], {
        env: { ...process.env, ...environment },
      });
      let said = '';
      child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
      while (!said.includes('20 %')) await wait(20);
      child.kill(signal);
      const [exitCode] = (await once(child, 'close')) as [number | null];
      expect(exitCode).toBe(code);
      if (signal === 'SIGINT')
        expect(said).toMatch(/Cancelled\. .*: portico pull hf:user\/model:Q8_0\n$/);
      expect(existsSync(join(models, 'model.gguf'))).toBe(false);
      const listing = (await portico('ls')).stdout;
      expect(listing).not.toMatch(/^model /m);
      host.manners = {};
      const again = await portico('pull', SOURCE);
      expect(again.code).toBe(0);
      expect(host.downloads.at(-1)?.headers.range).toMatch(/^bytes=\d{6,}-$/);
      await expectMini(join(models, 'model.gguf'));
      expect(await readdir(models)).toEqual(['model.gguf']);
    },
  );
});

describe('portico pull behind a proxy', () => {
  covers('R4.6-pull-sources');

  it('uses the proxy of HTTP_PROXY or HTTPS_PROXY', async () => {
    const host = await serveModels(FILES);
    const proxy = await serveProxy();
    const { environment } = await makeHome('', {
      HF_ENDPOINT: host.url,
      HTTP_PROXY: proxy.url,
      NO_PROXY: '',
    });
    expect((await runPortico(['pull', SOURCE], environment)).code).toBe(0);
    expect(new Set(proxy.asked)).toEqual(
      new Set([host.url, host.cdn].map((url) => new URL(url).host)),
    );
  });
});

describe('portico pull, refused', () => {
  covers('R4.6-pull-refused');

  it.each([
    ['hf:user/none:Q8_0', {}, /404: the file does not exist/],
    ['hf:user/model:Q2_K', {}, /user\/model has no Q2_K; there are model-Q8_0/],
    ['hf:user/model', { token: 'x' }, /401.*HF_TOKEN/],
    ['hf:user', {}, /not a source of a GGUF file; use hf:/],
    [SOURCE, { listedBytes: 1e18 }, /is too full.*free some/],
    [
      SOURCE,
      { listedHash: '0'.repeat(64) },
      /SHA-256 \w+ instead of 0+\); the file was deleted, try again/,
    ],
    ['mini', {}, /models\.yaml:\d+:\d+: 'mini' has no source.*add 'source:/],
    ['bad', {}, /bad can't be used: \S+models\.yaml:\d+:\d+: models\.bad\.backend: .*"llama"/],
    ['far', {}, /'far' runs on http:\/\/127\.0\.0\.1:8000\/v1, so there is nothing to pull/],
  ] as const)(
    'of %s with %o fails with one line that ends in a hint',
    async (what, manners, words) => {
      const registry =
        'models:\n  far: { backend: openai, url: http://127.0.0.1:8000/v1 }\n  bad: { backend: x }\n';
      const { portico, models, text } = await withHub(manners, registry);
      const { code, stdout, stderr } = await portico('pull', what);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/(^|\n)Error: [^\n]*\n$/);
      expect(stderr).toMatch(words);
      expect(await text()).toBe(registry);
      expect(existsSync(models) ? await readdir(models) : []).toEqual([]);
    },
  );

  it('of a name in use asks for another name', async () => {
    const { portico } = await withHub();
    const { stderr } = await portico('pull', SOURCE, '--name', 'mini');
    expect(stderr).toBe(
      'Error: there is a model named mini already; name this one with --name NAME\n',
    );
  });
});
