import { isErrno } from '../../core/json.ts';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Argument } from 'commander';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { homeFolder } from '../../core/home-folder.ts';
import { writeWholeFile } from '../../core/write-file.ts';
import type { CliContext } from '../context.ts';
import type { Declare } from '../declaration.ts';
import { MARK } from '../service/definition.ts';
import type { ServiceDefinition } from '../service/definition.ts';
import { launchdAgent } from '../service/launchd.ts';
import { systemdUnit } from '../service/systemd.ts';
import type { AgreeFlags } from '../ui/agree.ts';
import { say } from '../ui/report.ts';

type Action = 'install' | 'uninstall';

/** Declares `portico service`, which sets up a server that starts when its user logs in. */
export const declareService: Declare = (program, context, exit, passed) => {
  program
    .command('service')
    .usage('<action> [options] [-- flags of portico serve]')
    .description('let systemd or launchd run portico serve from login on')
    .addArgument(new Argument('<action>', 'what to do').choices(['install', 'uninstall']))
    .option('-y, --yes', 'ask nothing')
    .action(async (action: Action, flags: AgreeFlags) => {
      const service = serviceOf(passed, context, process.platform);
      const act = action === 'install' ? installService : uninstallService;
      exit.code = await act(service, flags, context);
    });
};

/**
 * Service for this installation of Portico.
 *
 * @param flags flags of `portico serve`
 * @throws {RuntimeFailure} `unsupported` if the system has neither systemd nor launchd
 */
export function serviceOf(
  flags: readonly string[],
  { environment }: CliContext,
  platform: NodeJS.Platform,
): ServiceDefinition {
  const launcher = fileURLToPath(new URL('../../../bin/portico.js', import.meta.url));
  const { PORTICO_HOME: home = '', XDG_CONFIG_HOME: config = '' } = environment;
  const userFolder = homeFolder(environment, platform);
  const service = {
    command: [process.execPath, launcher, 'serve', ...flags],
    environment: home === '' ? {} : { PORTICO_HOME: resolve(home) },
  };
  switch (platform) {
    case 'linux':
      return systemdUnit(service, config === '' ? join(userFolder, '.config') : config);
    case 'darwin':
      return launchdAgent(service, userFolder, process.getuid?.() ?? 0);
    default:
      throw new RuntimeFailure(
        'unsupported',
        'services are for systemd and launchd, and this system has neither; let its own ' +
          `service manager run: ${service.command.join(' ')}`,
      );
  }
}

/** Runs `portico service install`: shows the service's file, asks, writes it, and starts the service. */
export async function installService(
  service: ServiceDefinition,
  flags: AgreeFlags,
  context: CliContext,
): Promise<number> {
  const { file, text, start, stop, advice } = service;
  const before = await readOwn(file);
  say(`${file}:\n\n${text}`, context);
  const { agree } = await import('../ui/agree.ts');
  await agree('Write this and start it?', flags, context);
  // launchd refuses a service that is already loaded.
  if (before !== undefined) await manage(service, stop, context).catch(() => undefined);
  await mkdir(dirname(file), { recursive: true });
  await writeWholeFile(file, text);
  try {
    await manage(service, start, context);
  } catch (error) {
    const reason = `${file} is written, but the service did not start: ${messageOf(error).trim()}`;
    throw new RuntimeFailure('conflict', `${reason}; start it with: ${shellLine(service, start)}`, {
      cause: error,
    });
  }
  say(`portico serve runs now, and starts at each login. ${advice}`, context);
  return 0;
}

/** Runs `portico service uninstall`: shows what it removes, asks, ends the service, and removes its file. */
async function uninstallService(
  service: ServiceDefinition,
  flags: AgreeFlags,
  context: CliContext,
): Promise<number> {
  const { file, stop, forget } = service;
  if ((await readOwn(file)) === undefined) {
    say(`no service is installed: ${file} does not exist`, context);
    return 0;
  }
  say(`${shellLine(service, stop)}\nrm ${file}`, context);
  const { agree } = await import('../ui/agree.ts');
  await agree('End the service and remove its file?', flags, context);
  const failures: string[] = [];
  const attempt = (calls: ServiceDefinition['stop']) =>
    manage(service, calls, context).catch((error: unknown) => failures.push(messageOf(error)));
  await attempt(stop);
  await rm(file);
  await attempt(forget);
  const doubt = failures.length === 0 ? '' : `; it may still run: ${failures[0]}`;
  say(`the service is removed${doubt}`, context);
  return 0;
}

/** Reads a service's file; undefined if there is none. Throws `conflict` for a file that Portico did not write. */
async function readOwn(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined || text.includes(MARK)) return text;
  throw new RuntimeFailure(
    'conflict',
    `${file} was not written by \`portico service install\`; move it away first`,
  );
}

/** Runs commands of the service manager. Rejects with the reason of the first one that fails. */
async function manage(
  { manager }: ServiceDefinition,
  calls: ServiceDefinition['start'],
  { environment }: CliContext,
): Promise<void> {
  for (const call of calls) {
    await promisify(execFile)(manager, [...call], { env: environment }).catch((error: unknown) => {
      const missing = isErrno(error, 'ENOENT');
      throw missing ? new Error(`${manager} is not on the PATH`, { cause: error }) : error;
    });
  }
}

function shellLine({ manager }: ServiceDefinition, calls: ServiceDefinition['start']): string {
  return calls.map((call) => [manager, ...call].join(' ')).join(' && ');
}
