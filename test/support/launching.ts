import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { runHere } from './command-line.ts';
import { runPortico } from './server.ts';
import type { CommandResult } from './server.ts';
import { ENGINE_VARIABLES, PACKAGE } from './engine-variant.ts';
import { writeFileFacts } from './file-facts.ts';
import { OFFLINE_NPM } from './offline-npm.ts';

/**
 * Stands in for an agent: it writes what it was given into the file REPORT, says what it reads, and
 * ends as EXIT, KILL or WAIT say. The real ones are in test/e2e.
 */
const AGENT = `#!/usr/bin/env node
const { readFileSync, statSync, writeFileSync } = require('node:fs');
const args = process.argv.slice(2);
const file = args[args.indexOf('--settings') + 1];
const isFile = args.includes('--settings');
writeFileSync(process.env.REPORT, JSON.stringify({
  args,
  environment: process.env,
  settings: isFile ? JSON.parse(readFileSync(file, 'utf8')) : null,
  mode: isFile ? statSync(file).mode & 0o777 : null,
}));
process.stdout.write('said ' + readFileSync(0, 'utf8'));
process.stderr.write('warned');
if (process.env.KILL) process.kill(process.pid, process.env.KILL);
else if (process.env.WAIT) {
  const launch = process.ppid;
  // A launch that was killed takes nothing with it.
  setInterval(() => process.ppid === launch || process.exit(8), 200);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => { process.stdout.write(signal); process.exit(7); });
  process.stdout.write('waiting');
} else process.exitCode = Number(process.env.EXIT ?? 0);
`;

const REPORT = z.object({
  args: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  settings: z
    .object({ env: z.record(z.string(), z.string()) })
    .loose()
    .nullable(),
  mode: z.number().nullable(),
});

export type Report = z.infer<typeof REPORT>;

type RunCommand = (
  args: readonly string[],
  variables?: Readonly<Record<string, string>>,
  input?: string,
) => Promise<CommandResult>;

/** Separate home of a test, with fake agents on its PATH. */
export interface LaunchHome {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Runs a command line in this process. */
  readonly portico: (...args: string[]) => Promise<CommandResult>;
  /** The same with further variables and with input. */
  readonly run: RunCommand;
  /** The same in a process of its own, whose streams an agent inherits. */
  readonly runApart: RunCommand;
  readonly start: (
    args: readonly string[],
    variables: Readonly<Record<string, string>>,
  ) => ChildProcess;
  /** Arguments and environment of the last agent; undefined if none ran. */
  readonly report: () => Promise<Report | undefined>;
}

export async function makeLaunchHome(
  agents: readonly string[] = ['claude'],
  registry?: string,
): Promise<LaunchHome> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-launching-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'portico'));
  await writeFileFacts(join(folder, 'portico'));
  for (const name of agents) {
    await writeFile(join(folder, 'bin', name), AGENT);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  if (registry !== undefined) await writeFile(join(folder, 'portico', 'models.yaml'), registry);
  const environment = {
    HOME: folder,
    PORTICO_HOME: join(folder, 'portico'),
    ...ENGINE_VARIABLES,
    REPORT: join(folder, 'report.json'),
    // Neither the agents of this machine nor those of its npm.
    PATH: [join(folder, 'bin'), dirname(process.execPath)].join(':'),
    ...OFFLINE_NPM,
    npm_config_prefix: join(folder, 'npm'),
  };
  const run: RunCommand = (args, variables, input) =>
    runHere(args, { ...environment, ...variables }, input);
  return {
    folder,
    environment,
    portico: (...args) => run(args),
    run,
    runApart: (args, variables, input) => runPortico(args, { ...environment, ...variables }, input),
    start: (args, variables) =>
      spawn(process.execPath, [join(PACKAGE, 'bin/portico.js'), ...args], {
        env: { ...environment, ...variables },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    report: async () => {
      const text = await readFile(environment.REPORT, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : REPORT.parse(JSON.parse(text));
    },
  };
}
