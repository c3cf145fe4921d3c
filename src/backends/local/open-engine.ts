import { RuntimeFailure } from '../../core/failure.ts';
import { importEngine } from './engine-package.ts';
import type { EngineLog, EngineTask } from './engine-settings.ts';
import { LocalEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import type { MemoryLease } from './memory/lease.ts';

/** Opens a model in this process. Only this module loads native addons. Throws `model-load-failed`. */
export async function openEngine(
  { runner, spec, settings }: EngineTask,
  log: EngineLog,
  lease: MemoryLease,
): Promise<Engine> {
  const { file } = spec;
  if (file === undefined) {
    throw new RuntimeFailure(
      'unsupported',
      `${spec.name} names no GGUF file. Set \`file:\` in models.yaml.`,
    );
  }
  const named = { ...spec, file };
  const options = { spec, settings, log, lease };
  switch (runner) {
    case 'llama-cpp': {
      const { openLlamaCpp } = await importEngine(() => import('./runners/llama-cpp/runner.ts'));
      return new LocalEngine(await openLlamaCpp(named, settings, log), options);
    }
    case 'llama-node': {
      const { openLlamaNode } = await importEngine(() => import('./runners/llama-node/runner.ts'));
      const opened = await openLlamaNode({ spec: named, settings, log, abandon });
      return new LocalEngine(opened, options);
    }
    case 'llama-server': {
      const { openLlamaServer } = await importEngine(
        () => import('./runners/llama-server/runner.ts'),
      );
      const opened = await openLlamaServer({ spec: named, settings, log, abandon });
      return new LocalEngine(opened, options);
    }
    default:
      return runner satisfies never;
  }
}

/**
 * Ends this child process, because its native context is in an unknown state.
 *
 * @param reason last line of its output
 */
function abandon(reason?: string): never {
  if (reason !== undefined) process.stderr.write(`${reason}\n`);
  process.exit(1);
}
