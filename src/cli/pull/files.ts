import { existsSync, statSync } from 'node:fs';
import { formatSize } from '../../units/size.ts';
import { downloadAll } from '../../download/download-all.ts';
import type { Downloaded, FileProgress } from '../../download/download.ts';
import { hubFrom } from '../../download/hub.ts';
import { planDownloads } from '../../download/plan.ts';
import { registerModel } from '../../registry/register.ts';
import type { RegistryFiles } from '../../registry/registry.ts';
import type { PullJob } from './job.ts';
import type { PullTarget } from './target.ts';
import { say, printJson } from '../ui/report.ts';

/** Backend that runs pulled files. */
const BACKEND = 'llama';

/** Downloads a model's files, and adds the model to the user's models.yaml if it has no entry. */
export async function pullFiles(
  target: Extract<PullTarget, { readonly kind: 'gguf' }>,
  registry: RegistryFiles,
  job: PullJob,
): Promise<void> {
  const { name, source, file } = target;
  if (target.isKnown && existsSync(file)) {
    const { size } = statSync(file);
    report(
      target,
      [{ file, bytes: size, sha256: undefined, verified: false, wasThere: true }],
      job,
    );
    return;
  }
  const hub = hubFrom(job.context.environment);
  const plan = await planDownloads(target.from, file, hub, job.signal);
  const { progress } = job;
  const got = await downloadAll(plan, {
    access: hub.access,
    signal: job.signal,
    onProgress: ({ phase, done, total }) => progress.update(labelOf(phase, name), done, total),
    onRetry: (reason) => progress.say(`${reason}; trying again`),
  });
  progress.end();
  const first = got[0]?.file ?? file;
  const mmproj = got[plan.findIndex(({ isProjector }) => isProjector === true)]?.file;
  if (!target.isKnown || first !== file || mmproj !== undefined) {
    const files = mmproj === undefined ? {} : { mmproj };
    await registerModel(registry, { name, backend: BACKEND, source, file: first, files });
  }
  report(target, got, job);
}

function labelOf(phase: FileProgress['phase'], name: string): string {
  return phase === 'checking' ? `checking the downloaded part of ${name}` : `pulling ${name}`;
}

function report(
  { name, source }: Extract<PullTarget, { readonly kind: 'gguf' }>,
  files: readonly Downloaded[],
  { context, json }: PullJob,
): void {
  if (json) {
    printJson({ name, backend: BACKEND, source, files }, context);
    return;
  }
  const fresh = files.filter(({ wasThere }) => !wasThere);
  const size = formatSize(fresh.reduce((sum, { bytes }) => sum + bytes, 0));
  const checked = fresh.every(({ verified }) => verified)
    ? 'its SHA-256 matches the source'
    : 'its source lists no SHA-256 to compare';
  say(
    fresh.length === 0
      ? `'${name}' is already downloaded: ${files[0]?.file}`
      : `pulled '${name}' (${size}); ${checked}\ntry it with: portico run ${name}`,
    context,
  );
}
