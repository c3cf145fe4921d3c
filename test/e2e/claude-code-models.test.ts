import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { claudeWindow } from '../../src/launch/claude/environment.ts';
import {
  CLAUDES,
  claudeFolders,
  isClaudeMissing,
  launchClaude,
  startClaude,
  userLine,
} from '../support/claude-code.ts';
import type { ClaudeFolders } from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { answering } from '../support/scripted-answers.ts';

/** Window that Claude Code reports for a model with a context of 65,536 tokens. */
const WINDOW = claudeWindow(65_536, 16_384);

const ASKS = ['-p', 'Say it', '--output-format', 'json'];

const RESULT = z.object({
  result: z.string(),
  modelUsage: z.record(z.string(), z.object({ contextWindow: z.number() })),
});

const DISCOVERED = z.object({
  models: z.array(z.object({ id: z.string(), display_name: z.string() })),
});

/** The window of each model that answered, of the last result that was printed. */
function windowsIn(stdout: string): Readonly<Record<string, number>> {
  const line = stdout
    .trim()
    .split('\n')
    .findLast((text) => text.includes('"modelUsage"'));
  const { result, modelUsage } = RESULT.parse(JSON.parse(line ?? ''));
  expect(result).toBe('Said.');
  return Object.fromEntries(
    Object.entries(modelUsage).map(([name, { contextWindow }]) => [name, contextWindow]),
  );
}

async function writeUserSettings({ home }: ClaudeFolders, settings: object): Promise<void> {
  await mkdir(path.join(home, '.claude'), { recursive: true });
  await writeFile(path.join(home, '.claude', 'settings.json'), JSON.stringify(settings));
}

const serve = () =>
  servePlay({
    script: async function* play() {
      yield* answering('Said.');
    },
  });

describe.each(CLAUDES)('the window of Claude Code $name is that of the model', (claude) => {
  const isMissing = isClaudeMissing(claude);

  it.skipIf(isMissing)('with --model default', async () => {
    const { url } = await serve();
    const folders = await claudeFolders();
    const args = [...ASKS, '--model', 'default'];
    const { stdout } = await startClaude(folders, { claude, url, args }).ended;
    expect(windowsIn(stdout)).toEqual({ actor: WINDOW });
  });

  it.skipIf(isMissing)('with availableModels in the settings of the user', async () => {
    const { url } = await serve();
    const folders = await claudeFolders();
    await writeUserSettings(folders, { availableModels: ['opus', 'sonnet'] });
    const args = [...ASKS, '--model', 'actor'];
    const { stdout } = await startClaude(folders, { claude, url, args }).ended;
    expect(windowsIn(stdout)).toEqual({ actor: WINDOW });
  });

  it.skipIf(isMissing)('after /model Default', async () => {
    const { url } = await serve();
    const folders = await claudeFolders();
    const toDefault = {
      type: 'control_request',
      request_id: 'to-default',
      request: { subtype: 'set_model', model: 'default' },
    };
    const args = ['-p', '--input-format=stream-json', '--output-format=stream-json', '--verbose'];
    const input = `${JSON.stringify(toDefault)}\n${userLine('Say it')}`;
    const run = startClaude(folders, {
      claude,
      url,
      args: [...args, '--model', 'actor'],
      input,
    });
    let said = '';
    run.process.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('"type":"result"')) run.process.stdin?.end();
    });
    const { stdout } = await run.ended;
    expect(windowsIn(stdout)).toEqual({ actor: WINDOW });
  });

  it.skipIf(isMissing)('with [1m] after its name', async () => {
    const { url, requests } = await serve();
    const folders = await claudeFolders();
    const args = ['--url', url, '--model', 'actor[1m]', '--', ...ASKS];
    const { stdout } = await (await launchClaude(claude, folders, args)).ended;
    expect(windowsIn(stdout)).toEqual({ actor: WINDOW });
    expect(requests.length).toBeGreaterThan(1);
  });
});

// 2.1.197 has no discovery where CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC is set.
const NEWEST = CLAUDES.filter(({ name }) => name === 'latest');

describe.each(NEWEST)('/model of Claude Code $name', (claude) => {
  it.skipIf(isClaudeMissing(claude))('has the local models, which answer', async () => {
    const { url, requests } = await serve();
    const folders = await claudeFolders();
    const args = [...ASKS, '--model', 'claude-local-actor'];
    const { stdout } = await startClaude(folders, { claude, url, args }).ended;
    expect(windowsIn(stdout)).toEqual({ 'claude-local-actor': WINDOW });
    expect(requests.map(({ model }) => model.name)).toEqual(['actor']);
    const list = path.join(folders.home, '.claude', 'cache', 'gateway-models.json');
    const { models } = DISCOVERED.parse(JSON.parse(await readFile(list, 'utf8')));
    expect(models.map(({ id }) => id)).toContain('claude-local-actor');
  });
});
