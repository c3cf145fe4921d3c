import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLoopbackHost } from '../../src/net/loopback.ts';
import { resolveSettings } from '../../src/config/settings.ts';
import type { ServeFlags, Settings } from '../../src/config/settings.ts';
import { RuntimeFailure } from '../../src/core/failure.ts';
import { covers } from '../support/covers.ts';

const HOME = resolve('home');

function settingsOf(flags: ServeFlags, environment: NodeJS.ProcessEnv = {}): Settings {
  return resolveSettings(flags, { PORTICO_HOME: HOME, ...environment });
}

describe('settings', () => {
  covers('R2.2-settings');

  it('have defaults', () => {
    expect(settingsOf({})).toMatchObject({
      host: '127.0.0.1',
      port: 11_435,
      apiKeys: [],
      insecure: false,
      defaultModel: undefined,
      registryFile: join(HOME, 'models.yaml'),
      threads: undefined,
      gpuLayers: undefined,
      flashAttention: undefined,
      promptLookup: undefined,
      llamaServer: undefined,
      kvType: undefined,
      memoryBytes: undefined,
      parallel: undefined,
      stateCacheMegabytes: undefined,
      storeBytes: 10e9,
      keepFilesMs: 'always',
      preload: [],
      context: undefined,
      keepAliveMs: 300_000,
      engine: 'isolated',
      logLevel: 'info',
      overflow: 'clamp',
      paths: { dataFolder: join(HOME, 'data') },
    });
  });

  const rows: readonly [keyof Settings, ServeFlags, NodeJS.ProcessEnv, unknown, unknown][] = [
    ['host', { host: '127.0.0.2' }, { PORTICO_HOST: 'localhost' }, '127.0.0.2', 'localhost'],
    ['port', { port: '0' }, { PORTICO_PORT: '8080' }, 0, 8080],
    ['defaultModel', { model: 'a' }, { PORTICO_MODEL: 'b' }, 'a', 'b'],
    ['threads', { threads: '2' }, { PORTICO_THREADS: '3' }, 2, 3],
    ['gpuLayers', { gpuLayers: '12' }, { PORTICO_GPU_LAYERS: 'max' }, 12, 'max'],
    ['promptLookup', { promptLookup: 'off' }, { PORTICO_PROMPT_LOOKUP: 'auto' }, 'off', 'auto'],
    ['llamaServer', { llamaServer: '/a' }, { PORTICO_LLAMA_SERVER: '/b' }, '/a', '/b'],
    ['flashAttention', { flashAttention: 'on' }, { PORTICO_FLASH_ATTENTION: 'off' }, 'on', 'off'],
    ['kvType', { kvType: 'Q8_0' }, { PORTICO_KV_TYPE: 'f16' }, 'q8_0', 'f16'],
    ['memoryBytes', { memory: '24GB' }, { PORTICO_MEMORY: '1 GiB' }, 24e9, 2 ** 30],
    ['parallel', { parallel: '2' }, { PORTICO_PARALLEL: '3' }, 2, 3],
    ['stateCacheMegabytes', { stateCache: '0' }, { PORTICO_STATE_CACHE_MB: '100' }, 0, 100],
    ['storeBytes', { storeLimit: '1GB' }, { PORTICO_STORE_LIMIT: '2GB' }, 1e9, 2e9],
    ['keepFilesMs', { keepFiles: '1d' }, { PORTICO_KEEP_FILES: '1h' }, 86_400_000, 3_600_000],
    ['context', { context: '4096' }, { PORTICO_CONTEXT: '8192' }, 4096, 8192],
    ['keepAliveMs', { keepAlive: '-1' }, { PORTICO_KEEP_ALIVE: '1h' }, 'always', 3_600_000],
    ['engine', { engine: 'in-process' }, { PORTICO_ENGINE: 'isolated' }, 'in-process', 'isolated'],
    ['logLevel', { logLevel: 'silent' }, { PORTICO_LOG_LEVEL: 'DEBUG' }, 'silent', 'debug'],
    [
      'apiKeys',
      { apiKey: ['key-one', 'key-two'] },
      { PORTICO_API_KEYS: ' key-a1, key-b2,, ' },
      ['key-one', 'key-two'],
      ['key-a1', 'key-b2'],
    ],
    ['insecure', { insecure: true }, { PORTICO_INSECURE: 'on' }, true, true],
    ['strictApi', { strictApi: true }, { PORTICO_STRICT_API: 'on' }, true, true],
  ];

  it.each(rows)(
    '%s: the flag before the variable',
    (key, flags, environment, byFlag, byVariable) => {
      expect(settingsOf(flags, environment)[key]).toEqual(byFlag);
      expect(settingsOf({}, environment)[key]).toEqual(byVariable);
    },
  );

  it('take --models as a path from here, and overflow from its variable', () => {
    const settings = settingsOf({ models: 'other.yaml' }, { PORTICO_OVERFLOW: 'strict' });
    expect(settings.registryFile).toBe(resolve('other.yaml'));
    expect(settings.overflow).toBe('strict');
  });

  it('count an empty variable as unset', () => {
    expect(settingsOf({}, { PORTICO_PORT: '', PORTICO_INSECURE: '' }).port).toBe(11_435);
  });
});

describe('a value that is not allowed', () => {
  covers('R2.2-usage');

  const rows: readonly [string, ServeFlags, NodeJS.ProcessEnv, string, string][] = [
    ['--port', { port: '70000' }, {}, '70000', 'from 0 to 65535'],
    ['--port', { port: '80a' }, {}, '80a', 'from 0 to 65535'],
    ['PORTICO_PORT', {}, { PORTICO_PORT: '-1' }, '-1', 'from 0 to 65535'],
    ['--threads', { threads: '0' }, {}, '0', 'at least 1'],
    ['--gpu-layers', { gpuLayers: 'all' }, {}, 'all', "a number, 'auto' or 'max'"],
    ['--prompt-lookup', { promptLookup: 'on' }, {}, 'on', 'auto, off'],
    ['--flash-attention', { flashAttention: 'yes' }, {}, 'yes', 'auto, on, off'],
    ['--kv-type', { kvType: 'q2_k' }, {}, 'q2_k', 'f32, f16, bf16, q8_0'],
    ['--memory', { memory: 'all' }, {}, 'all', 'a size such as 24GB'],
    ['--memory', { memory: '0' }, {}, '0', 'a size such as 24GB'],
    ['--parallel', { parallel: '0' }, {}, '0', 'at least 1'],
    ['--state-cache', { stateCache: 'much' }, {}, 'much', 'at least 0'],
    ['PORTICO_CONTEXT', {}, { PORTICO_CONTEXT: '1.5' }, '1.5', 'from 1 to 16777216'],
    ['--keep-alive', { keepAlive: 'soon' }, {}, 'soon', 'a time such as 5m'],
    ['--engine', { engine: 'fast' }, {}, 'fast', 'isolated, in-process'],
    ['--log-level', { logLevel: 'loud' }, {}, 'loud', 'fatal, error, warn'],
    ['PORTICO_OVERFLOW', {}, { PORTICO_OVERFLOW: 'wrap' }, 'wrap', 'clamp, strict'],
    ['PORTICO_INSECURE', {}, { PORTICO_INSECURE: 'perhaps' }, 'perhaps', 'true'],
    ['--host', { host: ' ' }, {}, ' ', 'some text'],
    ['--api-key', { apiKey: ['k', ''] }, {}, '', 'some text'],
    ['--models', { models: '' }, {}, '', 'some text'],
  ];

  it.each(rows)('of %s is named with %o %o', (name, flags, environment, value, allowed) => {
    const attempt = (): Settings => settingsOf(flags, environment);
    expect(attempt).toThrow(RuntimeFailure);
    expect(attempt).toThrow(new RegExp(`^${name}: '${value}' is not allowed; use .*${allowed}`));
  });
});

describe('a bind', () => {
  covers('R2.11-bind');

  it.each(['0.0.0.0', '::', '192.168.1.5', 'my-machine.local', '[::]'])(
    'to %s needs a key or --insecure',
    (host) => {
      const attempt = (): Settings => settingsOf({ host });
      expect(attempt).toThrow(/--api-key KEY or PORTICO_API_KEYS.*--insecure/);
      expect(settingsOf({ host, apiKey: ['secret'] }).apiKeys).toEqual(['secret']);
      expect(settingsOf({ host, insecure: true }).insecure).toBe(true);
      expect(settingsOf({}, { PORTICO_HOST: host, PORTICO_API_KEYS: 'listed' }).apiKeys).toEqual([
        'listed',
      ]);
      expect(() => settingsOf({ host }, { PORTICO_API_KEYS: ' , ' })).toThrow(/--insecure/);
    },
  );

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['[::1]', true],
    ['0:0:0:0:0:0:0:1', true],
    ['::ffff:127.0.0.1', true],
    ['LocalHost', true],
    ['128.0.0.1', false],
    ['0.0.0.0', false],
    ['::', false],
    ['fe80::1%eth0', false],
    ['127.0.0.1.example.com', false],
    ['localhost.example.com', false],
  ])('to %s is to loopback: %s', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected);
  });
});
