import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { claudeSettings } from '../../src/launch/claude/settings.ts';
import { claudeEnvironment } from '../../src/launch/claude/environment.ts';
import { writeFileFacts } from './file-facts.ts';
import { OFFLINE_NPM } from './offline-npm.ts';
import { isMissing } from './optional.ts';
import { ENGINE_VARIABLES, PACKAGE } from './engine-variant.ts';

/** The real Claude Code, in the versions that are tested. `.ci/run` installs both. */
export const CLAUDES = [
  { name: '2.1.197', variable: 'PORTICO_TEST_CLAUDE_OLD' },
  { name: 'latest', variable: 'PORTICO_TEST_CLAUDE_NEW' },
];

export type Claude = (typeof CLAUDES)[number];

/** True if a version is not installed, which is reported once or fails: see `isMissing`. */
export function isClaudeMissing({ name, variable }: Claude): boolean {
  const hint = `install @anthropic-ai/claude-code@${name} with npm and set ${variable} to its bin/claude`;
  return isMissing(`Claude Code ${name}`, process.env[variable], hint);
}

/** The tools that the file task needs, allowed without a question. */
export const FILE_TOOLS = [
  '--tools=Bash,Read,Write,Edit',
  '--allowedTools=Write,Edit,Read,Bash(cat *)',
  '--permission-mode=acceptEdits',
];

export interface ClaudeOptions {
  readonly claude: Claude;
  /** Of the server. */
  readonly url: string;
  readonly args: readonly string[];
  /** Else those that the file task needs. */
  readonly tools?: readonly string[];
  /** Over what `portico launch` would set. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Text for its standard input, which then stays open until it has ended. */
  readonly input?: string;
  readonly contextTokens?: number;
}

export interface ClaudeEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningClaude {
  readonly process: ChildProcess;
  readonly ended: Promise<ClaudeEnd>;
}

/** An empty home and an empty project of a test's own. */
export interface ClaudeFolders {
  readonly home: string;
  readonly project: string;
}

/** Folders that are removed at the end of the test. */
export async function claudeFolders(): Promise<ClaudeFolders> {
  const root = await mkdtemp(path.join(tmpdir(), 'portico-claude-'));
  onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));
  const folders = { home: path.join(root, 'home'), project: path.join(root, 'project') };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder)));
  return folders;
}

/** Starts Claude Code with nothing of this machine's user, and only the server to talk to. */
export function startClaude(folders: ClaudeFolders, options: ClaudeOptions): RunningClaude {
  const { url, contextTokens = 65_536, input } = options;
  const agent = { baseUrl: url, key: 'local', name: 'actor', contextTokens };
  const environment = claudeEnvironment(agent, {});
  const settings = JSON.stringify(claudeSettings({ ...environment, ...options.environment }));
  const child = spawn(
    process.env[options.claude.variable] ?? '',
    [
      ...(options.tools ?? FILE_TOOLS),
      '--setting-sources=user',
      '--strict-mcp-config',
      `--settings=${settings}`,
      ...options.args,
    ],
    {
      cwd: folders.project,
      env: { ...bareEnvironment(folders), ...environment, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  if (input === undefined) child.stdin.end();
  else child.stdin.write(input);
  return { process: child, ended: endOf(child) };
}

/** The arguments with which a program talks to it, line by line. */
export const CONVERSATION = [
  '-p',
  '--input-format=stream-json',
  '--output-format=stream-json',
  '--verbose',
];

/** A line of its input. */
export function userLine(content: string): string {
  return `${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`;
}

/** Says one thing after another, each when the one before has been answered; then closes its input. */
export function converse(
  { process: { stdin, stdout } }: RunningClaude,
  lines: readonly string[],
): void {
  const waiting = [...lines];
  let unread = '';
  const next = (): void => {
    const line = waiting.shift();
    if (line === undefined) stdin?.end();
    else stdin?.write(userLine(line));
  };
  stdout?.on('data', (chunk: Buffer) => {
    unread += chunk.toString();
    if (!unread.includes('"type":"result"')) return;
    unread = '';
    next();
  });
  next();
}

/** Closes its standard input once it has said certain words. */
export function endAfter({ process: { stdin, stdout } }: RunningClaude, words: string): void {
  let said = '';
  stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(words)) stdin?.end();
  });
}

/**
 * Runs `portico launch claude` with a version that is `claude` on its PATH, and a home of Portico's
 * own, see `launchLog`. Its standard input stays open if `input` is `open`.
 *
 * @param environment over what programs need
 */
export async function launchClaude(
  claude: Claude,
  folders: ClaudeFolders,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input: 'closed' | 'open' = 'closed',
): Promise<RunningClaude> {
  const bare = bareEnvironment(folders);
  const bin = path.join(folders.home, 'bin');
  await mkdir(bin);
  const portico = path.join(folders.home, 'portico');
  await writeFileFacts(portico);
  await symlink(process.env[claude.variable] ?? '', path.join(bin, 'claude'));
  const child = spawn(
    process.execPath,
    [path.join(PACKAGE, 'bin/portico.js'), 'launch', 'claude', ...args],
    {
      cwd: folders.project,
      env: {
        ...bare,
        PATH: [bin, bare['PATH']].join(path.delimiter),
        PORTICO_HOME: portico,
        PORTICO_PORT: '0',
        ...ENGINE_VARIABLES,
        // No server listens there: tests must not see the models of this machine's user.
        OLLAMA_HOST: '127.0.0.1:9',
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGTERM'));
  if (input === 'closed') child.stdin.end();
  return { process: child, ended: endOf(child) };
}

/** Log of the server that a launch starts. */
export function launchLog({ home }: ClaudeFolders): string {
  return path.join(home, 'portico', 'data', 'launch-0.log');
}

/** Variables that every program needs, and nothing of the user who runs the tests. */
export function bareEnvironment({ home }: ClaudeFolders): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    CLAUDE_CONFIG_DIR: path.join(home, '.claude'),
    TERM: 'xterm',
    LANG: 'C.UTF-8',
    DISABLE_AUTOUPDATER: '1',
    ...OFFLINE_NPM,
  };
}

async function endOf(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
): Promise<ClaudeEnd> {
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    child.exitCode === null ? once(child, 'exit') : undefined,
  ]);
  return { code: child.exitCode, stdout, stderr };
}
