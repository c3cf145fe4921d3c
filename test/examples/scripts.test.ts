import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { servePlay } from '../support/claude-play.ts';
import { OFFLINE_NPM } from '../support/offline-npm.ts';
import { findOnPath, isMissing } from '../support/optional.ts';
import { answering } from '../support/scripted-answers.ts';
import { REPOSITORY } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

const EXAMPLES = path.join(REPOSITORY, 'examples');
const COUNTED = '1, 2, 3';

let server: RunningServer;
beforeAll(async () => (server = await sharedServer()));

/** Runs an example against a server, in an empty folder and an empty home; returns what it prints. */
async function run(program: string, args: readonly string[], url: string, more: object = {}) {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-example-'));
  onTestFinished(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const { PATH } = process.env;
  const env = { ...OFFLINE_NPM, PATH, HOME: home, ANTHROPIC_BASE_URL: url, ...more };
  const running = promisify(execFile)(program, args, { cwd: home, env });
  running.child.stdin?.end();
  return (await running).stdout;
}

/** Folder whose `node_modules` has one package, at the place of another. */
async function folderWith(name: string, target: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-example-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const link = path.join(folder, 'node_modules', name);
  await mkdir(path.dirname(link), { recursive: true });
  await symlink(target, link, 'junction');
  return folder;
}

const curl = findOnPath('curl');

it.skipIf(isMissing('curl', curl, 'install curl'))('curl asks every route', async () => {
  const printed = await run('sh', [path.join(EXAMPLES, 'curl/requests.sh')], server.url);
  const [message = '', ...others] = printed.split('\n').filter((line) => line !== '');
  expect(JSON.parse(message)).toMatchObject({ content: [{ type: 'text', text: COUNTED }] });
  expect(others).toContain('event: message_stop');
  expect(JSON.parse(others.at(-2) ?? '')).toEqual({ input_tokens: expect.any(Number) });
  expect(JSON.parse(others.at(-1) ?? '')).toHaveProperty('data.0.id', 'mini');
});

const python = process.env['PORTICO_TEST_PYTHON_NEW'];
const pythonHint = 'name an interpreter with anthropic in PORTICO_TEST_PYTHON_NEW';

it.skipIf(isMissing('Python with anthropic', python, pythonHint))(
  'Python prints a message, a stream and a count',
  { timeout: 110_000 },
  async () => {
    const printed = await run(python ?? '', [path.join(EXAMPLES, 'python/chat.py')], server.url);
    expect(printed).toMatch(/^message: 1, 2, 3\nstream: 1, 2, 3\ntokens: \d+\n$/);
  },
);

it('TypeScript prints a stream, a call and an answer from its result', async () => {
  const sdk = path.join(REPOSITORY, 'node_modules/anthropic-sdk-1');
  const folder = await folderWith('@anthropic-ai/sdk', sdk);
  const source = await readFile(path.join(EXAMPLES, 'typescript/chat.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  const script = path.join(folder, 'chat.mjs');
  await writeFile(script, outputText);
  const [streamed, calls = '', answer] = (await run('node', [script], server.url)).split('\n');
  expect(streamed).toBe(COUNTED);
  expect(JSON.parse(calls.replace('calls: ', ''))).toMatchObject([
    { name: 'get_weather', input: { location: expect.any(String) } },
  ]);
  expect(answer).not.toBe('');
});

const sdk = process.env['PORTICO_TEST_AGENT_SDK'];
const claude = process.env['PORTICO_TEST_CLAUDE_NEW'];
const sdkHint = 'name the folder of @anthropic-ai/claude-agent-sdk in PORTICO_TEST_AGENT_SDK';
const claudeHint = 'name the program in PORTICO_TEST_CLAUDE_NEW';

describe.skipIf(
  isMissing('the Agent SDK', sdk, sdkHint) || isMissing('Claude Code latest', claude, claudeHint),
)('the Agent SDK', () => {
  it('has an agent read a file of its folder', { timeout: 110_000 }, async () => {
    const folder = await folderWith('@anthropic-ai/claude-agent-sdk', sdk ?? '');
    const script = path.join(folder, 'agent.mjs');
    await cp(path.join(EXAMPLES, 'agent-sdk/agent.mjs'), script);
    const note = path.join(folder, 'note.txt');
    await writeFile(note, 'the secret word is heron');
    const { url, requests } = await servePlay({
      async *script({ conversation: { turns, tools } }) {
        if (!tools.some(({ name }) => name === 'Read')) yield* answering('A title');
        else if (JSON.stringify(turns).includes('heron')) yield* answering('It says heron.');
        else yield* answering({ call: 'Read', input: { file_path: note } });
      },
    });
    const more = { MODEL: 'actor', CLAUDE_CODE: claude };
    const printed = await run('node', [script, 'Read note.txt'], url, more);
    expect(printed.trim()).toBe('It says heron.');
    expect(requests.length).toBeGreaterThan(1);
  });
});
