import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CLAUDES,
  claudeFolders,
  CONVERSATION,
  converse,
  FILE_TOOLS,
  isClaudeMissing,
  launchClaude,
  launchLog,
} from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { FILE_TASK, FILE_TEXT, fileOf, fileTask } from '../support/claude-task.ts';
import { covers } from '../support/covers.ts';

const LOGGED = z.looseObject({ promptTokens: z.int().min(100), cacheReadTokens: z.int() });

/** Prompts in a log; the shortest one loads the model. */
function promptsIn(log: string): readonly { readonly evaluated: number }[] {
  const lines = log.trim().split('\n');
  return lines
    .map((line) => LOGGED.safeParse(JSON.parse(line)).data)
    .filter((entry) => entry !== undefined)
    .map(({ promptTokens, cacheReadTokens }) => ({ evaluated: promptTokens - cacheReadTokens }));
}

describe.each(CLAUDES)('portico launch claude, of $name,', (claude) => {
  covers('R5.8-embedded', 'R5.8-prefix', 'R5.8-launched');

  const isMissing = isClaudeMissing(claude);

  it.skipIf(isMissing)('has the embedded model evaluate only what a turn adds', async () => {
    const folders = await claudeFolders();
    const args = ['-y', '--', '--bare', ...CONVERSATION];
    const run = await launchClaude(claude, folders, args, {}, 'open');
    converse(run, ['Hello', 'Count from 1 to 4', 'What is the capital of France?', 'Thank you']);
    const { code, stdout, stderr } = await run.ended;
    expect(stdout).toMatch(/"result":"Hello\b/);
    expect(stdout).toContain('"result":"1, 2, 3, 4"');
    expect(stderr).toContain('Warning: mini has a context of');
    expect(code).toBe(0);
    const prompts = promptsIn(await readFile(launchLog(folders), 'utf8'));
    expect(prompts[0]?.evaluated).toBeGreaterThan(1000);
    // A turn's own words are at most 8 tokens; 16 are those of the template around them.
    expect(prompts.slice(1).filter(({ evaluated }) => evaluated > 24)).toEqual([]);
    expect(prompts).toHaveLength(4);
  });

  it.skipIf(isMissing)('wins over every setting that leads elsewhere', async () => {
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
    const run = await launchClaude(claude, folders, args, elsewhere);
    const { code, stdout, stderr } = await run.ended;
    expect(`${stdout}${stderr}`).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(await readFile(fileOf(folders), 'utf8')).toBe(FILE_TEXT);
    expect(await readFile(settingsFile, 'utf8')).toBe(settings);
    expect(logged.join('\n')).not.toContain('stands in for');
  });
});
