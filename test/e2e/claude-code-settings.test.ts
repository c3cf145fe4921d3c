import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeSettings } from '../../src/launch/settings/edit.ts';
import {
  bareEnvironment,
  CLAUDES,
  claudeFolders,
  isClaudeMissing,
} from '../support/claude-code.ts';
import type { Claude } from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import type { Play } from '../support/claude-play.ts';
import { answering } from '../support/scripted-answers.ts';
import { covers } from '../support/covers.ts';

const PLAY: Play = {
  async *script() {
    yield* answering('DONE');
  },
};

/** Returns whether Claude Code heeds the `env` of a user's settings file, which leads it to another server. */
async function isHeeded(claude: Claude, settings: (url: string) => string): Promise<boolean> {
  const folders = await claudeFolders();
  const [named, other] = [await servePlay(PLAY), await servePlay(PLAY)];
  const environment = bareEnvironment(folders);
  const folder = environment['CLAUDE_CONFIG_DIR'] ?? '';
  await mkdir(folder);
  await writeFile(path.join(folder, 'settings.json'), settings(named.url));
  const running = promisify(execFile)(
    process.env[claude.variable] ?? '',
    ['-p', '--model', 'actor', '--tools', '', '--strict-mcp-config', 'Hello'],
    {
      cwd: folders.project,
      env: {
        ...environment,
        ANTHROPIC_BASE_URL: other.url,
        ANTHROPIC_AUTH_TOKEN: 'local',
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
    },
  );
  running.child.stdin?.end();
  await running;
  expect(named.requests.length + other.requests.length).toBeGreaterThan(0);
  return named.requests.length > 0;
}

const envOf = (url: string): string => `"env": { "ANTHROPIC_BASE_URL": "${url}" }`;

const FILES: readonly (readonly [name: string, text: (url: string) => string])[] = [
  ['a byte order mark', (url) => `\uFEFF{ ${envOf(url)} }`],
  ['a comment', (url) => `{ ${envOf(url)} /* mine */ }`],
  ['a list for an object', (url) => `{ ${envOf(url)}, "permissions": [] }`],
];

describe.each(CLAUDES)('a settings file of Claude Code $name', (claude) => {
  covers('R5.1-broken', 'R5.1-config');

  it.skipIf(isClaudeMissing(claude)).each(FILES)(
    'with %s is refused by launch --config exactly if it is ignored',
    async (_name, text) => {
      const write = (): unknown => writeSettings(text('http://127.0.0.1:9'), {}, 'settings.json');
      if (await isHeeded(claude, text)) expect(write).not.toThrow();
      else expect(write).toThrow('Claude Code ignores');
    },
  );

  it.skipIf(isClaudeMissing(claude))('with env: null is heeded once ours is written', async () => {
    const theirs = '\uFEFF{ "env": null }';
    const ours = (url: string) =>
      writeSettings(theirs, { env: { ANTHROPIC_BASE_URL: url } }, 'settings.json').text;
    expect(await isHeeded(claude, ours)).toBe(true);
  });
});
