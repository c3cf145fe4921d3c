import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAsker } from '../../../src/cli/ui/ask.ts';
import { chooseModel, pullMissing } from '../../../src/cli/launch/model.ts';
import { readyModel } from '../../../src/cli/launch/ready.ts';
import { CLAUDE } from '../../../src/launch/agents/claude.ts';
import { readLastModel, saveLastModel } from '../../../src/launch/last-model.ts';
import { writeFileFacts } from '../../support/file-facts.ts';
import { MINI, serveModels } from '../../support/model-host.ts';
import type { RunningServer } from '../../support/server.ts';
import { sharedServer } from '../../support/shared-server.ts';
import { covers } from '../../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

const opened = () => ({
  address: { url: server.url, key: undefined },
  isLocal: true,
  logFile: undefined,
  lastLogged: () => undefined,
  close: async () => undefined,
});

const KEYS = { up: '\u001B[A', down: '\u001B[B', enter: '\r', cancel: '\u0003', no: 'n' } as const;

/** Terminal whose user presses one key after each question. */
async function terminal(registry = '') {
  const home = await mkdtemp(join(tmpdir(), 'portico-terminal-'));
  onTestFinished(() => rm(home, { recursive: true }));
  await writeFile(join(home, 'models.yaml'), registry);
  await writeFileFacts(home);
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 40 });
  let screen = '';
  stderr.on('data', (data: Buffer) => (screen += data.toString()));
  const environment: NodeJS.ProcessEnv = { PORTICO_HOME: home };
  const context = { stdin, stderr, stdout: new PassThrough(), environment };
  return {
    context,
    asker: createAsker(context),
    dataFolder: join(home, 'data'),
    screen: () => stripVTControlCharacters(screen),
    press: async (...keys: (keyof typeof KEYS)[]) => {
      for (const key of keys) {
        while (!screen.includes('\u25C6')) await wait(10);
        await wait(50);
        stdin.write(KEYS[key]);
      }
    },
  };
}

const LOCAL = `models:
  bigger: { backend: llama, source: "hf:u/bigger:Q4", file: ./bigger.gguf, size: 1 GB }
`;

describe('the model picker', () => {
  covers('R5.1-picker');

  it('lists models, with the last choice first, and returns the picked one', async () => {
    const { context, asker, dataFolder, screen, press } = await terminal(LOCAL);
    await saveLastModel(dataFolder, 'bigger');
    expect(await readLastModel(dataFolder)).toBe('bigger');
    const options = { model: undefined, yes: false, asker };
    const choice = chooseModel(options, opened(), { dataFolder, defaultModel: undefined }, context);
    await press('enter');
    expect(await choice).toBe('bigger');
    expect(screen()).toMatch(/● bigger +to download, 1 GB/);
    expect(screen()).toMatch(/○ mini +installed, the embedded model/);
    expect(screen()).toMatch(/qwen2\.5-coder:7b +(recommended, )?to download, 4\.68 GB/);
  });

  it('preselects the default if there was no choice before', async () => {
    const { context, asker, dataFolder, screen, press } = await terminal(LOCAL);
    const options = { model: undefined, yes: false, asker };
    const choice = chooseModel(options, opened(), { dataFolder, defaultModel: undefined }, context);
    await press('down', 'up', 'enter');
    expect(await choice).toBe('mini');
    expect(screen()).toMatch(/● mini/);
  });

  it('is skipped with -y or --model', async () => {
    const { context, asker, dataFolder } = await terminal(LOCAL);
    const defaults = { dataFolder, defaultModel: undefined };
    const yes = { model: undefined, yes: true, asker };
    expect(await chooseModel(yes, opened(), defaults, context)).toBe('mini');
    const named = { model: 'other', yes: false, asker };
    expect(await chooseModel(named, opened(), defaults, context)).toBe('other');
  });

  it('is cancelled by Ctrl-C', async () => {
    const { context, asker, dataFolder, press } = await terminal();
    const options = { model: undefined, yes: false, asker };
    const choice = chooseModel(options, opened(), { dataFolder, defaultModel: undefined }, context);
    const pressed = press('cancel');
    await expect(choice).rejects.toThrow('Cancelled: nothing was started.');
    await pressed;
  });
});

describe('a model that is not downloaded', () => {
  covers('R5.1-pull');

  async function missing() {
    const host = await serveModels({ 'model-Q8_0.gguf': MINI });
    const registry =
      'models:\n  tiny: { backend: llama, source: "hf:user/model:Q8_0", file: ./tiny.gguf, size: 2 MB }\n';
    const at = await terminal(registry);
    at.context.environment['HF_ENDPOINT'] = host.url;
    return at;
  }

  it('is pulled if the user agrees, without output on stdout', async () => {
    const { context, asker, screen, press } = await missing();
    const options = { model: 'tiny', yes: false, asker };
    const pulled = pullMissing('tiny', options, opened(), context);
    await press('enter');
    expect(await pulled).toBeUndefined();
    expect(screen()).toContain('tiny is not downloaded yet (2 MB). Download it now?');
    expect(screen()).toContain("pulled 'tiny'");
    expect(context.stdout.read()).toBeNull();
    expect(await pullMissing('tiny', options, opened(), context)).toBeUndefined();
  });

  it('is pulled without a question with -y', async () => {
    const { context, screen } = await missing();
    const options = { model: 'tiny', yes: true, asker: undefined };
    expect(await pullMissing('tiny', options, opened(), context)).toBeUndefined();
    expect(screen()).toContain("pulled 'tiny'");
  });

  it('is not pulled if the user refuses', async () => {
    const { context, asker, press } = await missing();
    const options = { model: 'tiny', yes: false, asker };
    const pressed = press('no');
    await expect(pullMissing('tiny', options, opened(), context)).rejects.toThrow(
      'tiny is not downloaded yet (2 MB); get it with: portico pull tiny',
    );
    await pressed;
  });
});

describe('a small context', () => {
  covers('R5.1-context');

  it('causes a question at a terminal, after the model is loaded', async () => {
    const { context, asker, screen, press } = await terminal();
    const options = { model: 'mini', yes: false, asker };
    const ready = readyModel('mini', CLAUDE, options, opened(), context);
    await press('enter');
    expect(await ready).toMatchObject({ name: 'mini', baseUrl: server.url, contextTokens: 8192 });
    expect(screen()).toContain('Loading mini …');
    expect(screen()).toContain('Warning: mini has a context of 8,192 tokens');
    expect(screen()).toContain('Continue with it?');
  });

  it('cancels the launch if the user says no', async () => {
    const { context, asker, press } = await terminal();
    const options = { model: 'mini', yes: false, asker };
    const pressed = press('no');
    await expect(readyModel('mini', CLAUDE, options, opened(), context)).rejects.toThrow(
      'Cancelled: nothing was started.',
    );
    await pressed;
  });
});
