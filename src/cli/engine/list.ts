import { messageOf } from '../../core/failure.ts';
import { resolveSettings } from '../../config/settings.ts';
import { findServersHere } from '../../backends/local/runners/llama-server/find-binary.ts';
import type { FoundServer } from '../../backends/local/runners/llama-server/find-binary.ts';
import { probeServer } from '../../backends/local/runners/llama-server/probe-binary.ts';
import type { EngineFlags } from './flags.ts';
import type { CliContext } from '../context.ts';
import { printJson, say } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

const HEADER = ['ENGINE', 'VERSION', 'DEVICES', 'FOUND IN', 'PROGRAM', 'USED'];

/** Listed program of llama-server. */
interface ListedServer extends FoundServer {
  /** True for the program that models with `engine: llama-server` use. */
  readonly isUsed: boolean;
  readonly version?: string;
  readonly devices?: readonly string[];
  /** Reason why it can't be used. */
  readonly problem?: string;
}

/** Runs `portico engine list`: shows the programs of llama-server in the order in which they are preferred. */
export async function listEngines(flags: EngineFlags, context: CliContext): Promise<number> {
  const { environment } = context;
  const { llamaServer, paths } = resolveSettings({ ...flags, insecure: true }, environment);
  const { enginesFolder } = paths;
  const found = findServersHere({ llamaServer, enginesFolder }, environment);
  const listed = await Promise.all(
    found.map(async (server, index): Promise<ListedServer> => {
      const isUsed = index === 0;
      try {
        const { version, devices } = await probeServer(server.file, environment);
        return { ...server, isUsed, version, devices: devices.map(({ name }) => name) };
      } catch (error) {
        return { ...server, isUsed, problem: messageOf(error) };
      }
    }),
  );
  if (flags.json === true) {
    printJson(
      { servers: listed.map(({ isUsed, ...server }) => ({ ...server, used: isUsed })) },
      context,
    );
    return 0;
  }
  if (listed.length === 0) {
    say('no llama-server is on this machine; install one with: portico engine install', context);
    return 0;
  }
  printTable([HEADER, ...listed.map(row)], context);
  for (const { problem } of listed) if (problem !== undefined) say(problem, context);
  return 0;
}

function row({ file, place, isUsed, version, devices }: ListedServer): readonly string[] {
  const named = devices?.length === 0 ? 'CPU' : (devices ?? ['-']).join(', ');
  return ['llama-server', version ?? 'unusable', named, place, file, isUsed ? 'yes' : 'no'];
}
