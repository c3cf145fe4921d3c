import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../src/config/settings.ts';
import type { ServeFlags } from '../../src/config/settings.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file of keys that its owner alone may open, unless a mode says otherwise. */
async function keyFile(text: string | Buffer, mode = 0o600): Promise<string> {
  const file = path.join(folder, `keys-${Math.random()}`);
  await writeFile(file, text);
  await chmod(file, mode);
  return file;
}

const keysOf = (flags: ServeFlags, environment: NodeJS.ProcessEnv = {}) =>
  resolveSettings(flags, { PORTICO_HOME: folder, ...environment }).apiKeys;

describe('a file of keys', () => {
  it('has one key a line, without its end and without blank lines', async () => {
    const file = await keyFile('first-key\r\n\n  second-key  \n');
    expect(keysOf({ apiKeyFile: file })).toEqual(['first-key', 'second-key']);
  });

  it('adds to --api-key, and overrides the variables', async () => {
    const apiKeyFile = await keyFile('of-the-file');
    const variables = { PORTICO_API_KEYS: 'variable', PORTICO_API_KEY_FILE: '/nowhere' };
    expect(keysOf({ apiKey: ['of-the-flag'], apiKeyFile }, variables)).toEqual([
      'of-the-flag',
      'of-the-file',
    ]);
  });

  it('is also named by PORTICO_API_KEY_FILE', async () => {
    const file = await keyFile('of-the-file\n');
    expect(keysOf({}, { PORTICO_API_KEYS: 'listed', PORTICO_API_KEY_FILE: file })).toEqual([
      'listed',
      'of-the-file',
    ]);
  });

  it.each([0o644, 0o640, 0o602])('is refused where others may open it: mode %o', async (mode) => {
    const file = await keyFile('first-key', mode);
    expect(() => keysOf({ apiKeyFile: file })).toThrow(`chmod 600 ${file}`);
  });

  it.each([
    ['has no key', () => keyFile(' \n\n')],
    ['ENOENT', () => path.join(folder, 'missing')],
    ['neither a file nor a pipe', () => folder],
    ['neither a file nor a pipe', () => '/dev/null'],
  ])('is refused by name: %s', async (reason, named) => {
    const file = await named();
    expect(() => keysOf({ apiKeyFile: file })).toThrow(reason);
    expect(() => keysOf({ apiKeyFile: file })).toThrow(file);
  });

  it.each([
    ['UTF-16', Buffer.from('\ufeffof-the-file\n', 'utf16le')],
    ['UTF-16 without a byte order mark', Buffer.from('of-the-file\n', 'utf16le')],
    ['invalid UTF-8', Buffer.from('of-the-f\xefle\n', 'latin1')],
  ])('is refused in %s', async (_encoding, bytes) => {
    const file = await keyFile(bytes);
    expect(() => keysOf({ apiKeyFile: file })).toThrow(
      `the keys of ${file} can't be used: it is not UTF-8 text; save it as UTF-8`,
    );
  });

  it('may begin with a byte order mark', async () => {
    const file = await keyFile('\ufefffirst-key\n');
    expect(keysOf({ apiKeyFile: file })).toEqual(['first-key']);
  });

  it('is refused if it is too large', async () => {
    const file = await keyFile('k'.repeat(1024 * 1024 + 1));
    expect(() => keysOf({ apiKeyFile: file })).toThrow('at most 1048576 are read');
  });

  it('never says a key in a refusal', async () => {
    const file = await keyFile('first-key', 0o666);
    expect(() => keysOf({ apiKeyFile: file })).not.toThrow('first-key');
  });
});

describe('a key that is too short to be kept out of logs', () => {
  it.each([
    ['--api-key', () => keysOf({ apiKey: ['long-enough', 'shrt5'] })],
    ['PORTICO_API_KEYS', () => keysOf({}, { PORTICO_API_KEYS: 'long-enough,shrt5' })],
    ['a file', async () => keysOf({ apiKeyFile: await keyFile('long-enough\nshrt5\n') })],
  ])('is refused by its place: %s', async (_source, read) => {
    await expect((async () => await read())()).rejects.toThrow(
      /^API key 2 has fewer than 6 characters.*choose a longer one/,
    );
  });

  it('is not said in the refusal', () => {
    expect(() => keysOf({ apiKey: ['shrt5'] })).not.toThrow('shrt5');
  });
});

describe('origins and names', () => {
  const accessOf = (flags: ServeFlags, environment: NodeJS.ProcessEnv = {}) =>
    resolveSettings(flags, { PORTICO_HOME: folder, ...environment });

  it('have limits by flags, else by variables', () => {
    const variables = { PORTICO_LIMIT_REQUESTS: '60', PORTICO_LIMIT_OUTPUT_TOKENS: '5000' };
    expect(accessOf({ limitRequests: '30', limitInputTokens: '9000' }, variables).limits).toEqual({
      requests: 30,
      inputTokens: 9000,
      outputTokens: 5000,
    });
    expect(() => accessOf({ limitRequests: '0' })).toThrow(/--limit-requests/);
  });

  it('come from flags, else from variables', () => {
    const variables = {
      PORTICO_CORS: 'http://a.example, http://b.example:81',
      PORTICO_ALLOWED_HOSTS: 'one.lan,two.lan',
    };
    expect(accessOf({}, variables)).toMatchObject({
      corsOrigins: ['http://a.example', 'http://b.example:81'],
      allowedHosts: ['one.lan', 'two.lan'],
    });
    expect(
      accessOf({ cors: ['http://c.example'], allowedHost: ['Three.lan'] }, variables),
    ).toMatchObject({ corsOrigins: ['http://c.example'], allowedHosts: ['three.lan'] });
  });

  it.each([
    ['http://LocalHost:5173/', 'http://localhost:5173'],
    ['https://app.example:443', 'https://app.example'],
    ['chrome-extension://abcdefgh', 'chrome-extension://abcdefgh'],
  ])('are read as browsers send them: %s', (given, origin) => {
    expect(accessOf({ cors: [given] }).corsOrigins).toEqual([origin]);
  });

  it.each(['localhost:5173', 'http://a.example/path', 'null', 'http://', 'a b'])(
    'refuse %s as an origin',
    (given) => {
      expect(() => accessOf({ cors: [given] })).toThrow('is not an origin');
    },
  );

  it('take every page only together with keys', () => {
    expect(() => accessOf({ cors: ['*'] })).toThrow('name the origins, or set keys');
    expect(accessOf({ cors: ['*'], apiKey: ['first-key'] }).corsOrigins).toEqual(['*']);
  });

  it.each(['http://a.lan', 'a.lan:80', 'a b', ''])('refuse %j as a host', (given) => {
    expect(() => accessOf({ allowedHost: [given] })).toThrow('is not a host name');
  });
});
