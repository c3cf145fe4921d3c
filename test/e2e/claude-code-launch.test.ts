import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CLAUDES,
  claudeFolders,
  FILE_TOOLS,
  isClaudeMissing,
  launchClaude,
} from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { FILE_TASK, FILE_TEXT, fileOf, fileTask } from '../support/claude-task.ts';

describe.each(CLAUDES)('portico launch claude, of $name,', (claude) => {
  const isMissing = isClaudeMissing(claude);

  it.skipIf(isMissing)('[R5.8-embedded] has the embedded model say hello', async () => {
    const folders = await claudeFolders();
    const args = ['-y', '--', '--bare', '-p', 'Hello'];
    const { code, stdout, stderr } = await launchClaude(claude, folders, args);
    expect(stdout).toMatch(/^Hello\b/);
    expect(stderr).toContain('Warning: mini has a context of');
    expect(code).toBe(0);
  });

  it.skipIf(isMissing)('[R5.8-launched] wins over every setting that leads elsewhere', async () => {
    const folders = await claudeFolders();
    const { url, logged } = await servePlay({ script: fileTask(folders) });
    const elsewhere = {
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
      ANTHROPIC_API_KEY: 'sk-ant-of-the-user',
      ANTHROPIC_MODEL: 'claude-opus-4-1',
      ANTHROPIC_SMALL_FAST_MODEL: 'claude-3-5-haiku-latest',
    };
    const settings = JSON.stringify({ env: elsewhere });
    const settingsFile = path.join(folders.home, '.claude', 'settings.json');
    await mkdir(path.dirname(settingsFile));
    await writeFile(settingsFile, settings);
    const own = [...FILE_TASK, ...FILE_TOOLS, '--output-format', 'json'];
    const args = ['--url', url, '--model', 'actor', '--', ...own];
    const { code, stdout, stderr } = await launchClaude(claude, folders, args, elsewhere);
    expect(`${stdout}${stderr}`).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(await readFile(fileOf(folders), 'utf8')).toBe(FILE_TEXT);
    expect(await readFile(settingsFile, 'utf8')).toBe(settings);
    expect(logged.join('\n')).not.toContain('stands in for');
  });
});
