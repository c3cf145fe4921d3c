import { RuntimeFailure } from '../core/failure.ts';
import type { Release, ReleaseArchive } from './release.ts';

/** Machine that a build is for. */
export interface BuildMachine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
}

/** Build of a release for this machine. */
export interface EngineBuild {
  /** Such as `vulkan`, `cpu` or `cuda-12.8`; `metal` on macOS. */
  readonly name: string;
  /** The archive of the programs, then that of libraries of CUDA if the build has one. */
  readonly archives: readonly ReleaseArchive[];
}

/** Operating systems as names of archives have them, and the build without a name. */
const SYSTEMS: Partial<Record<NodeJS.Platform, { readonly name: string; readonly plain: string }>> =
  {
    darwin: { name: 'macos', plain: 'metal' },
    linux: { name: 'ubuntu', plain: 'cpu' },
    win32: { name: 'win', plain: 'cpu' },
  };

/** Builds that run with and without a GPU, the best first. Those for CUDA need a driver of their version. */
const DEFAULTS = ['metal', 'vulkan', 'cpu'];

/**
 * Finds the builds of a release for a machine, the default first. Names of archives are such as
 * `llama-b11211-bin-ubuntu-vulkan-x64.tar.gz`.
 */
export function buildsFor(release: Release, { platform, arch }: BuildMachine): EngineBuild[] {
  const system = SYSTEMS[platform];
  if (system === undefined) return [];
  const pattern = new RegExp(
    `^llama-.*-bin-(${system.name}(?:-(.+))?-${arch})\\.(?:tar\\.gz|zip)$`,
  );
  const builds = [...release.archives.values()].flatMap((archive) => {
    const [, place, name = system.plain] = pattern.exec(archive.name) ?? [];
    if (place === undefined) return [];
    const more = [...release.archives.values()].filter(
      (other) => other.name.startsWith('cudart-llama-') && other.name.includes(`-${place}.`),
    );
    return [{ name, archives: [archive, ...more] }];
  });
  return builds.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ name }: EngineBuild): number {
  const at = DEFAULTS.indexOf(name);
  return at < 0 ? DEFAULTS.length : at;
}

/**
 * Chooses the build of a name, or the default.
 *
 * @throws {unsupported} if there is none for this machine; {invalid-request} if there is none of this name
 */
export function chooseBuild(
  release: Release,
  machine: BuildMachine,
  wanted: string | undefined,
): EngineBuild {
  const builds = buildsFor(release, machine);
  const known = builds.map(({ name }) => name).join(', ');
  const [first] = builds;
  if (first === undefined) {
    throw new RuntimeFailure(
      'unsupported',
      `llama.cpp ${release.tag} has no build for ${machine.platform} on ${machine.arch}; ` +
        'build llama.cpp yourself, and name its llama-server with --llama-server',
    );
  }
  const build =
    wanted === undefined && DEFAULTS.includes(first.name)
      ? first
      : builds.find(({ name }) => name === wanted);
  if (build === undefined) {
    const problem = wanted === undefined ? 'needs a choice of a build' : `has no build '${wanted}'`;
    throw new RuntimeFailure(
      'invalid-request',
      `llama.cpp ${release.tag} ${problem} for this machine; choose one by --build: ${known}`,
    );
  }
  const unlisted = build.archives.find(({ sha256 }) => sha256 === undefined);
  if (unlisted === undefined) return build;
  throw new RuntimeFailure(
    'backend-failed',
    `llama.cpp ${release.tag} lists no SHA-256 of ${unlisted.name}, so it can't be checked; ` +
      'choose another release with --release',
  );
}
