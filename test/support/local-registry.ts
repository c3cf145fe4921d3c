import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { REPOSITORY } from './server.ts';

/** npm registry on loopback whose packages are those of this repository's node_modules. */
export interface LocalRegistry {
  readonly url: string;
  close(): void;
}

interface Package {
  readonly folder: string;
  readonly manifest: z.infer<typeof MANIFEST>;
}

/** Packages inside of packages, and the source of llama.cpp: 35 MB that nothing reads. */
const LEFT_OUT = ['node_modules', 'gitRelease.bundle'];

const MANIFEST = z.looseObject({ name: z.string(), version: z.string() });
const LOCK = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })),
});

/**
 * Opens a registry of the packages that a user's install takes. It sends them uncompressed, straight from
 * their folders.
 *
 * @param absent names of packages that it does not have; npm ignores that for optional ones
 */
export async function openRegistry(absent: RegExp): Promise<LocalRegistry> {
  const packages = installed(absent);
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url ?? '').slice(1);
    const [, index] = /^-\/(\d+)\.tar$/.exec(name) ?? [];
    const file = packages[Number(index)];
    if (file !== undefined) {
      const { dir, base } = path.parse(file.folder);
      const left = LEFT_OUT.flatMap((entry) => ['--exclude', entry]);
      // A second install reads it from npm's cache.
      response.setHeader('cache-control', 'max-age=3600, immutable');
      const tar = spawn('tar', ['-c', '-C', dir, ...left, base]);
      tar.stdout.pipe(response);
      return;
    }
    const document = packument(name, packages, `http://${request.headers.host}`);
    response.statusCode = document === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(document ?? { error: 'not found' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Packages of the lockfile that are no development dependencies, as far as this machine has them. */
function installed(absent: RegExp): readonly Package[] {
  const lock = LOCK.parse(
    JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8')),
  );
  return Object.entries(lock.packages)
    .filter(([place, { dev = false }]) => place !== '' && !dev)
    .map(([place]) => path.join(REPOSITORY, place))
    .filter((folder) => existsSync(path.join(folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: MANIFEST.parse(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))),
    }))
    .filter(({ manifest }) => !absent.test(manifest.name));
}

/** Document of a package's versions, as the registry's API has it. */
function packument(name: string, packages: readonly Package[], url: string): unknown {
  const versions = packages.flatMap(({ manifest }, index) =>
    manifest.name === name ? [{ ...manifest, dist: { tarball: `${url}/-/${index}.tar` } }] : [],
  );
  const latest = versions[0]?.version;
  if (latest === undefined) return undefined;
  return {
    name,
    'dist-tags': { latest },
    versions: Object.fromEntries(versions.map((version) => [version.version, version])),
  };
}
