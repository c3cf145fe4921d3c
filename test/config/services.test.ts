import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../src/config/settings.ts';
import type { ServeFlags } from '../../src/config/settings.ts';
import { covers } from '../support/covers.ts';

function servicesOf(flags: ServeFlags, environment: NodeJS.ProcessEnv = {}) {
  const { webSearch, webFetch } = resolveSettings(flags, { PORTICO_HOME: '/h', ...environment });
  return { webSearch, webFetch };
}

const command = (...words: readonly string[]) => ({ kind: 'command', command: words });

describe('services', () => {
  covers('R5.7-unavailable');

  it('are off by default', () => {
    expect(servicesOf({})).toEqual({ webSearch: undefined, webFetch: undefined });
  });

  it.each([
    ['off', undefined],
    ['http://localhost:8888', { kind: 'searxng', url: 'http://localhost:8888' }],
    ['search --fast', command('search', '--fast')],
    [`node "my search.mjs" 'a b' $HOME`, command('node', 'my search.mjs', 'a b', '$HOME')],
    ['C:\\tools\\search.exe -q', command('C:\\tools\\search.exe', '-q')],
  ])('a search by %s', (text, webSearch) => {
    expect(servicesOf({ webSearch: text })).toEqual({ webSearch, webFetch: undefined });
    expect(servicesOf({}, { PORTICO_WEB_SEARCH: text }).webSearch).toEqual(webSearch);
  });

  it.each([
    ['OFF', undefined],
    ['on', { kind: 'direct' }],
    ['read --plain', command('read', '--plain')],
  ])('a fetch by %s', (text, webFetch) => {
    expect(servicesOf({ webFetch: text })).toEqual({ webSearch: undefined, webFetch });
    expect(servicesOf({}, { PORTICO_WEB_FETCH: text }).webFetch).toEqual(webFetch);
  });

  it('is off where the flag says so, whatever the environment says', () => {
    expect(servicesOf({ webFetch: 'off' }, { PORTICO_WEB_FETCH: 'on' }).webFetch).toBeUndefined();
  });

  it.each([
    [{ webSearch: 'on' }, /^--web-search: 'on' is not allowed; use the URL of a SearXNG/],
    [{ webSearch: 'http://' }, /^--web-search: 'http:\/\/' is not allowed/],
    [{ webFetch: '""' }, /^--web-fetch: '""' is not allowed; use 'on', a command, or 'off'$/],
  ])('%o is refused', (flags, message) => {
    expect(() => servicesOf(flags)).toThrow(message);
  });
});

describe('hosts of MCP servers', () => {
  const hosts = (mcpAllow: readonly string[]) =>
    resolveSettings({ mcpAllow }, { PORTICO_HOME: '/h' }).mcpAllow;

  it('are names or addresses, with or without a port', () => {
    const allowed = ['localhost', 'NAS.lan:8931', '127.0.0.1', '[::1]:9000'];
    expect(hosts(allowed)).toEqual(allowed.map((host) => host.toLowerCase()));
  });

  it.each(['http://localhost', 'localhost/mcp', ''])('are not %j', (host) => {
    expect(() => hosts([host])).toThrow(`--mcp-allow: '${host}' is not a host`);
  });
});
