import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CLAUDE } from '../../../src/launch/agents/claude.ts';
import { covers } from '../../support/covers.ts';

const MODEL = { baseUrl: 'http://127.0.0.1:1', key: 'k', name: 'big', contextTokens: 65_536 };

async function planOf(...args: string[]) {
  const plan = await CLAUDE.plan({ model: MODEL, args, environment: {}, folder: '/run' });
  const settings: unknown = JSON.parse(plan.files['settings.json'] ?? '');
  return { ...plan, settings };
}

describe('the plan for Claude Code', () => {
  covers('R5.1-settings');

  it('passes settings, the model, then the user’s arguments', async () => {
    const { args, set, unset } = await planOf('-p', 'Hello', '--resume');
    expect(args.slice(0, 4)).toEqual([
      '--settings',
      join('/run', 'settings.json'),
      '--model',
      'big',
    ]);
    expect(args.slice(4)).toEqual(['-p', 'Hello', '--resume']);
    expect(set).toMatchObject({ ANTHROPIC_BASE_URL: MODEL.baseUrl, ANTHROPIC_AUTH_TOKEN: 'k' });
    expect(unset).toContain('ANTHROPIC_API_KEY');
  });

  it('repeats its variables in the settings, and empties variables for other servers', async () => {
    const { set, unset, settings } = await planOf();
    expect(settings).toEqual({
      env: { ...Object.fromEntries(unset.map((name) => [name, ''])), ...set },
      permissions: { disableAutoMode: 'disable' },
    });
  });

  it.each(['--settings=', '--settings '])(
    'takes up the user’s own %s, under ours',
    async (form) => {
      const own = {
        env: { MINE: '1', ANTHROPIC_BASE_URL: 'http://elsewhere' },
        permissions: { deny: ['Bash'] },
      };
      const given = form.endsWith('=')
        ? [`${form}${JSON.stringify(own)}`]
        : ['--settings', JSON.stringify(own)];
      const { args, settings } = await planOf('-p', ...given, 'Hello');
      expect(args.filter((arg) => arg.includes('settings'))).toHaveLength(2);
      expect(args.slice(-2)).toEqual(['-p', 'Hello']);
      expect(settings).toMatchObject({
        env: { MINE: '1', ANTHROPIC_BASE_URL: MODEL.baseUrl },
        permissions: { deny: ['Bash'], disableAutoMode: 'disable' },
      });
    },
  );

  it('merges a settings file of the user', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portico-settings-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'mine.json'), '{"outputStyle":"Explanatory"}');
    const { settings } = await planOf('--settings', join(folder, 'mine.json'));
    expect(settings).toMatchObject({ outputStyle: 'Explanatory', env: { ANTHROPIC_MODEL: 'big' } });
  });

  it.each([
    [
      ['--settings', '[]'],
      /--settings \[\] can't be used: .*; set it to JSON or to the path of a JSON file/,
    ],
    [['--settings', '{"env":'], /can't be used: .*JSON/],
    [['--settings', '/nowhere/s.json'], /ENOENT/],
    [['-p', '--model', 'opus'], /put it before: portico launch claude --model NAME -- …/],
    [['--model=opus'], /put it before/],
  ])('refuses %j', async (args, message) => {
    await expect(planOf(...args)).rejects.toThrow(message);
  });
});
