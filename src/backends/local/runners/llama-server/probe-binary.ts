import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, RuntimeFailure } from '../../../../core/failure.ts';
import { oneLine } from '../../../../core/one-line.ts';
import type { ProgramOptions } from './server-arguments.ts';

/** Abilities of a llama-server program, by its own help. */
export interface ServerAbilities {
  /** Version as it reports it, such as `0.7.0 (build 11669)`. */
  readonly version: string;
  /** Options of its command line, such as `--swa-full`. */
  readonly options: ReadonlySet<string>;
  /** Kinds of speculative decoding. */
  readonly speculations: ReadonlySet<string>;
  /** Devices other than the CPU. */
  readonly devices: readonly ServerDevice[];
}

/** GPU that llama-server can use. */
export interface ServerDevice {
  readonly name: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** Options without which the runner does not work. Versions have had other numbers, so the options decide. */
const NEEDED = [
  '--api-key',
  '--cache-ram',
  '--no-context-shift',
  '--parallel',
  '--slot-save-path',
  '--swa-full',
];

const MEBIBYTE = 2 ** 20;

/** Time for one answer. A GPU driver may take seconds to start. */
const PROBE_MS = 30_000;

/**
 * Asks a program for its version, options and devices. Throws `model-load-failed` if it does not run here, or is too old.
 *
 * @param wanted further needed options, with their values
 */
export async function probeServer(
  file: string,
  environment: NodeJS.ProcessEnv,
  wanted: ProgramOptions = {},
): Promise<ServerAbilities> {
  const said = (option: string) => outputOf(file, option, environment);
  const [version, help, devices] = await Promise.all(
    ['--version', '--help', '--list-devices'].map(said),
  );
  const options = new Set(help?.match(/(?<=^|[\s,])--?[a-z][\w-]*/gm));
  const abilities = {
    version: /version:\s*([^\n,]+)/.exec(version ?? '')?.[1]?.trim() ?? 'unknown',
    options,
    speculations: new Set(/--spec-type\s+(\S+)/.exec(help ?? '')?.[1]?.split(',')),
    devices: devicesIn(devices ?? ''),
  };
  const missing = missingIn(abilities, wanted);
  if (missing.length === 0) return abilities;
  throw new RuntimeFailure(
    'model-load-failed',
    `${file} (version ${abilities.version}) is too old: it lacks ${missing.join(', ')}. ` +
      'Update it, or name another one with --llama-server.',
  );
}

function missingIn({ options, speculations }: ServerAbilities, wanted: ProgramOptions) {
  const names = Object.keys(wanted).filter((name) => wanted[name] !== undefined);
  const missing = [...NEEDED, ...names].filter((name) => !options.has(name));
  const kind = wanted['--spec-type'];
  const knows = typeof kind !== 'string' || speculations.has(kind);
  return knows ? missing : [...missing, `--spec-type ${kind}`];
}

async function outputOf(
  file: string,
  option: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [option], {
      env: environment,
      timeout: PROBE_MS,
      maxBuffer: 4 * 2 ** 20,
    });
    return `${stdout}\n${stderr}`;
  } catch (error) {
    throw new RuntimeFailure(
      'model-load-failed',
      `${file} does not run here: ${oneLine(messageOf(error))}. Install it again, or name another one ` +
        'with --llama-server.',
      { cause: error },
    );
  }
}

/** Reads lines such as `  CUDA0: NVIDIA H200 (143167 MiB, 142639 MiB free)`. */
function devicesIn(text: string): readonly ServerDevice[] {
  return [...text.matchAll(/^ +([\w-]+): .*\((\d+) MiB, (\d+) MiB free\)/gm)].map(
    ([, name = '', total, free]) => ({
      name,
      totalBytes: Number(total) * MEBIBYTE,
      freeBytes: Number(free) * MEBIBYTE,
    }),
  );
}
