import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../support/asking.ts';
import { makeLaunchHome } from '../../support/launching.ts';
import { startServer } from '../../support/server.ts';
import type { RunningServer } from '../../support/server.ts';
import { covers } from '../../support/covers.ts';

const REGISTRY = 'aliases:\n  claude-3-5-sonnet: mini\n';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ args: ['--context', '40960'], registry: REGISTRY });
});
afterAll(() => server.stop());

const onServer = () => ['--url', server.url];

async function isAnswering(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('portico launch claude', () => {
  covers('R5.1-server', 'R5.1-log', 'R5.1-context', 'R5.1-load', 'R5.1-wildcard');

  it('starts a server if none answers, and stops it afterwards', async () => {
    const { runApart, report, folder } = await makeLaunchHome();
    const port = await freePort();
    const { code, stdout, stderr } = await runApart(
      ['launch', 'claude', '--', '-p', 'Hello'],
      { PORTICO_PORT: String(port) },
      'input',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'said input' });
    const log = join(folder, 'portico', 'data', `launch-${port}.log`);
    expect(stderr).toContain(`Portico serves http://127.0.0.1:${port}; its log: ${log}\n`);
    expect(await readFile(log, 'utf8')).toContain('POST /v1/messages');
    expect(stderr).toMatch(
      /Warning: mini has a context of 8,192 tokens, and Claude Code needs .*\. It can't be raised: mini can have no more\./,
    );
    expect(await isAnswering(port)).toBe(false);
    const given = await report();
    expect(given?.args.slice(2)).toEqual(['--model', 'mini', '-p', 'Hello']);
    expect(given?.environment).toMatchObject({
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`,
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '2048',
    });
    expect(existsSync(given?.args[1] ?? '')).toBe(false);
  });

  it('uses a running server, loads the model there, and leaves it running', async () => {
    const { run, report } = await makeLaunchHome();
    const { code, stderr } = await run(['launch', 'claude', ...onServer(), '--model', 'mini']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Loading mini …\nwarned' });
    const loaded = await fetch(`${server.url}/portico/models`);
    expect(await loaded.json()).toMatchObject({ models: [{ name: 'mini' }] });
    expect((await report())?.environment).toMatchObject({
      ANTHROPIC_BASE_URL: server.url,
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '10240',
    });
  });

  it('uses the model of --small for side requests, and removes [1m] from the name', async () => {
    const { portico, run, report } = await makeLaunchHome();
    const models = ['--model', 'mini[1m]', '--small', 'claude-3-5-sonnet'];
    const { code } = await run(['launch', 'claude', ...onServer(), ...models]);
    expect(code).toBe(0);
    expect((await report())?.environment).toMatchObject({
      ANTHROPIC_MODEL: 'mini',
      ANTHROPIC_DEFAULT_OPUS_MODEL: 'mini',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-3-5-sonnet',
      ANTHROPIC_SMALL_FAST_MODEL: 'claude-3-5-sonnet',
    });
    expect((await report())?.environment['CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS']).toMatch(/^\d+$/);
    const unknown = await portico('launch', 'claude', ...onServer(), '--small', 'nothing');
    expect(unknown.stderr).toContain('model: nothing is not known');
  });

  it('connects to a wildcard address on this machine, and opens no port to the network', async () => {
    const { portico, run, report } = await makeLaunchHome();
    for (const host of ['0.0.0.0', '::']) {
      const { code } = await run(['launch', 'claude', '--model', 'mini'], {
        PORTICO_HOST: host,
        PORTICO_PORT: new URL(server.url).port,
      });
      expect(code).toBe(0);
      expect((await report())?.environment['ANTHROPIC_BASE_URL']).toMatch(
        /^http:\/\/(127\.0\.0\.1|\[::1\]):\d+$/,
      );
    }
    const { code, stderr } = await portico('launch', 'claude', '--url', 'http://0.0.0.0:9');
    expect(code).toBe(1);
    expect(stderr).toContain('no Portico answers at http://127.0.0.1:9; start one there');
  });
});

describe('a server', () => {
  covers('R5.1-occupied');

  it('that is another program is reported', async () => {
    const other = createServer((_request, response) => response.end('<html>')).listen(0);
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { portico, report } = await makeLaunchHome();
    const { code, stderr } = await portico('launch', 'claude', '--port', String(port));
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Error: the server at http://127.0.0.1:${port} can't be used (it is not Portico, or an older version); ` +
        'choose another port with --port or PORTICO_PORT, or pass its key with --api-key\n',
    );
    expect(await report()).toBeUndefined();
  });

  it('that requires a key is reported, and used with the key', async () => {
    const keyed = await startServer({ args: ['--api-key', 'right-key', '--context', '40960'] });
    onTestFinished(() => void keyed.stop());
    const { portico, run, report } = await makeLaunchHome();
    const refused = await portico('launch', 'claude', '--url', keyed.url, '--api-key', 'wrong-key');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("can't be used (invalid x-api-key)");
    const { code } = await run(['launch', 'claude', '--url', keyed.url, '--api-key', 'right-key']);
    expect(code).toBe(0);
    expect((await report())?.settings?.env).toMatchObject({ ANTHROPIC_AUTH_TOKEN: 'right-key' });
  });
});

describe('the setup of the agent', () => {
  covers('R5.1-environment', 'R5.1-settings', 'R5.1-name', 'R5.1-load');

  it('leads to no other server', async () => {
    const { run, report } = await makeLaunchHome();
    await run(['launch', 'claude', ...onServer(), '--model', 'mini', '--', '-p', 'x'], {
      ANTHROPIC_API_KEY: 'sk-ant-real',
      CLAUDE_CODE_USE_BEDROCK: '1',
      ANTHROPIC_MODEL: 'opus',
    });
    const given = await report();
    expect(given?.environment).not.toHaveProperty('ANTHROPIC_API_KEY');
    expect(given?.environment).not.toHaveProperty('CLAUDE_CODE_USE_BEDROCK');
    expect(given?.environment).toMatchObject({ ANTHROPIC_MODEL: 'mini' });
    expect(given?.settings?.env).toMatchObject({
      ANTHROPIC_API_KEY: '',
      CLAUDE_CODE_USE_BEDROCK: '',
      ANTHROPIC_BASE_URL: server.url,
    });
    expect(given?.mode).toBe(0o600);
  });

  it('replaces an alias that begins with claude- by a name whose context is used', async () => {
    const { run, report } = await makeLaunchHome();
    await run(['launch', 'claude', ...onServer(), '--model', 'claude-3-5-sonnet']);
    expect((await report())?.environment).toMatchObject({ ANTHROPIC_MODEL: 'mini' });
  });

  it('is skipped with the server’s words if the model can’t be loaded', async () => {
    const { portico, report } = await makeLaunchHome();
    const { code, stderr } = await portico('launch', 'claude', ...onServer(), '--model', 'nothing');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Loading nothing …\nError: model: nothing is not known; there are mini,/,
    );
    expect(await report()).toBeUndefined();
  });
});

describe('the exit code', () => {
  covers('R5.1-exit', 'R5.1-signals');

  it.each([
    [{ EXIT: '0' }, 0],
    [{ EXIT: '3' }, 3],
    [{ KILL: 'SIGKILL' }, 137],
    [{ KILL: 'SIGTERM' }, 143],
  ])('with %j is %i', async (variables, code) => {
    const { run } = await makeLaunchHome();
    const args = ['launch', 'claude', ...onServer(), '--model', 'mini'];
    const ended = await run(args, variables, 'all that is read');
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe('said all that is read');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('after %s is the agent’s', async (signal) => {
    const { start } = await makeLaunchHome();
    const child = start(['launch', 'claude', ...onServer(), '--model', 'mini'], { WAIT: '1' });
    let said = '';
    child.stdout?.setEncoding('utf8');
    const closed = once(child, 'close');
    child.stdout?.on('data', (text: string) => {
      said += text;
      if (text.includes('waiting')) child.kill(signal);
    });
    expect(await closed).toEqual([7, null]);
    expect(said).toBe(`said waiting${signal}`);
  });
});

describe('arguments', () => {
  covers('R5.1-stray');

  it.each([
    [['claude', '-p', 'Hello'], "launch does not accept '-p'"],
    [['claude', 'Hello'], 'as in: portico launch claude -- Hello'],
    [['claude', '--modle', 'x', '--', '-p'], "launch does not accept '--modle'"],
    [['--', '-p'], 'name one, as in: portico launch claude -- …'],
    [['bogus'], 'Allowed choices are claude, opencode, pi'],
    [['pi', '--config'], '--config and --restore are for claude'],
  ])('are refused if they are %j', async (args, message) => {
    const { portico, report } = await makeLaunchHome(['claude', 'pi']);
    const { code, stderr, stdout } = await portico('launch', ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: .*\n$/);
    expect(stderr).toContain(message);
    expect(await report()).toBeUndefined();
  });
});

describe('a missing claude', () => {
  covers('R5.1-find');

  it('is reported in one line with the ways to install it', async () => {
    const { portico } = await makeLaunchHome([]);
    const { code, stderr } = await portico('launch', 'claude', ...onServer());
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Error: claude \(Claude Code\) is not on this machine: .*\n$/);
    expect(stderr).toContain('npm install -g @anthropic-ai/claude-code');
  });

  it('is run by npx with -y', async () => {
    const { run, report } = await makeLaunchHome(['npx']);
    const { code } = await run(['launch', 'claude', ...onServer(), '-y', '--', '-p', 'Hello']);
    expect(code).toBe(0);
    const args = (await report())?.args ?? [];
    expect(args.slice(0, 3)).toEqual(['--yes', '@anthropic-ai/claude-code', '--settings']);
    expect(args.slice(4)).toEqual(['--model', 'mini', '-p', 'Hello']);
  });

  it('is not downloaded in tests: npx fails before it contacts a registry', async () => {
    const { run } = await makeLaunchHome([]);
    const { code, stderr } = await run(['launch', 'claude', ...onServer(), '-y']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ENOTCACHED|npx can't be started/);
  });
});

describe('the model', () => {
  covers('R5.1-unasked', 'R5.1-pull');

  it('is the default, then the last choice', async () => {
    const { portico, run, report } = await makeLaunchHome(['claude'], REGISTRY);
    const model = async () => (await report())?.environment['ANTHROPIC_MODEL'];
    expect((await run(['launch', 'claude', ...onServer()])).code).toBe(0);
    expect(await model()).toBe('mini');
    await portico('default', 'claude-3-5-sonnet');
    await run(['launch', 'claude', ...onServer(), '--model', 'mini:latest']);
    await run(['launch', 'claude', ...onServer()]);
    expect(await model()).toBe('mini');
  });

  it('must be named if neither is installed', async () => {
    const { run, portico, report } = await makeLaunchHome();
    const variables = { PORTICO_MODEL: 'qwen3-coder' };
    const { code, stderr } = await run(['launch', 'claude', ...onServer()], variables);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Error: no model is chosen, and there is no terminal to choose one in: name one with --model NAME ' +
        '(there are mini, claude-3-5-sonnet), or set one with: portico default NAME\n',
    );
    const known = ['launch', 'claude', ...onServer(), '--model', 'qwen3-coder'];
    expect((await portico(...known)).stderr).toBe(
      'Error: qwen3-coder is not downloaded yet (18.6 GB, needs about 23 GB of memory); ' +
        'get it with: portico pull qwen3-coder\n',
    );
    expect(await report()).toBeUndefined();
  });
});

describe('portico launch', () => {
  covers('R5.2-list', 'R5.2-agents');

  it('lists the agents and the programs found', async () => {
    const { portico, folder } = await makeLaunchHome(['claude', 'pi']);
    const { code, stdout } = await portico('launch');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^NAME +AGENT +FOUND\n/);
    expect(stdout).toContain(`Claude Code  ${join(folder, 'bin', 'claude')}\n`);
    expect(stdout).toMatch(/opencode +opencode +not found; npm install -g opencode-ai\n/);
    const { stdout: json } = await portico('launch', '--json');
    expect(JSON.parse(json)).toMatchObject([
      { name: 'claude', file: join(folder, 'bin', 'claude') },
      { name: 'opencode', npmPackage: 'opencode-ai' },
      { name: 'pi', file: join(folder, 'bin', 'pi') },
    ]);
  });

  it('runs each of them', async () => {
    const { run, report } = await makeLaunchHome(['opencode', 'pi']);
    const opencode = await run(['launch', 'opencode', ...onServer(), '--', 'run', 'Hello']);
    expect(opencode.code).toBe(0);
    const first = await report();
    expect(first?.args).toEqual(['run', 'Hello']);
    expect(first?.environment['OPENCODE_CONFIG_CONTENT']).toContain('"model":"portico/mini"');
    expect((await run(['launch', 'pi', ...onServer(), '--', '-p', 'Hello'])).code).toBe(0);
    expect((await report())?.args.slice(-6)).toEqual([
      '--provider',
      'portico',
      '--model',
      'mini',
      '-p',
      'Hello',
    ]);
  });
});
