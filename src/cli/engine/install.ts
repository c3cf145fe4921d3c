import {
  findServersHere,
  programName,
} from '../../backends/local/runners/llama-server/find-binary.ts';
import { probeServer } from '../../backends/local/runners/llama-server/probe-binary.ts';
import { resolvePaths } from '../../config/paths.ts';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { buildsFor, chooseBuild } from '../../download/engine-build.ts';
import type { EngineBuild } from '../../download/engine-build.ts';
import { installedEngine, installEngine } from '../../download/install-engine.ts';
import { readRelease } from '../../download/release.ts';
import { formatSize } from '../../units/size.ts';
import type { EngineFlags } from './flags.ts';
import type { CliContext } from '../context.ts';
import { INTERRUPTED } from '../declaration.ts';
import { agree } from '../ui/agree.ts';
import { createProgress } from '../ui/progress.ts';
import { say, warn } from '../ui/report.ts';

/**
 * Runs `portico engine install`: finds the build of an official release of llama.cpp for this machine, shows it, asks,
 * downloads it, and checks its hash and that it runs.
 */
export async function installServer(flags: EngineFlags, context: CliContext): Promise<number> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = createProgress(context);
  try {
    await install(flags, context, progress, controller.signal);
    return 0;
  } catch (error) {
    progress.end();
    if (!controller.signal.aborted) throw error;
    warn('Cancelled. The same command resumes the download: portico engine install', context);
    return INTERRUPTED;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function install(
  flags: EngineFlags,
  context: CliContext,
  progress: ReturnType<typeof createProgress>,
  signal: AbortSignal,
): Promise<void> {
  const { environment } = context;
  const { enginesFolder } = resolvePaths(environment);
  const release = await readRelease(environment, flags.release, signal);
  const { tag } = release;
  const build = chooseBuild(release, process, flags.build);
  const before = await installedEngine(enginesFolder);
  if (before?.tag === tag && before.build === build.name) {
    say(`llama-server ${tag} (${build.name}) is already installed: ${before.folder}`, context);
    return;
  }
  const others = buildsFor(release, process).filter(({ name }) => name !== build.name);
  say(described(tag, build, others, enginesFolder), context);
  await agree('Download and install this?', flags, context);
  const file = await installEngine(build, {
    enginesFolder,
    program: programName(process.platform),
    tag,
    signal,
    check: (program) => checkProgram(program, tag, environment),
    onProgress: ({ phase, done, total }) =>
      progress.update(phase === 'checking' ? 'checking' : `downloading ${tag}`, done, total),
    onRetry: (reason) => progress.say(`${reason}; trying again`),
  });
  progress.end();
  say(`installed llama-server ${tag} (${build.name}); its SHA-256 matches the release`, context);
  const [used] = findServersHere({ enginesFolder }, environment);
  if (used !== undefined && used.file !== file) {
    say(
      `${used.file} (${used.place}) is preferred; use the new one with: --llama-server ${file}`,
      context,
    );
  }
}

function described(
  tag: string,
  { name, archives }: EngineBuild,
  others: readonly EngineBuild[],
  enginesFolder: string,
): string {
  const lines = archives.map(
    ({ url, bytes, sha256 }) => `  ${url}\n    ${formatSize(bytes)}, SHA-256 ${sha256}`,
  );
  const more =
    others.length === 0
      ? ''
      : `\nother builds (--build): ${others.map((one) => one.name).join(', ')}`;
  return `llama.cpp ${tag}, build ${name}:\n${lines.join('\n')}\n  into ${enginesFolder}${more}`;
}

/** Checks that an unpacked program runs on this machine. */
async function checkProgram(
  program: string,
  tag: string,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  try {
    await probeServer(program, environment);
  } catch (error) {
    throw new RuntimeFailure(
      'unsupported',
      `llama.cpp ${tag} was not installed: ${messageOf(error)} Or choose another --build or --release.`,
      { cause: error },
    );
  }
}
