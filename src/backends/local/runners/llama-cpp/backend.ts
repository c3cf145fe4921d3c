import type { Backend } from '../../../../core/backend.ts';
import type { KeepAlive } from '../../../../units/keep-alive.ts';
import type { ModelSpec } from '../../../../core/model.ts';
import { importEngine } from '../../engine-package.ts';
import { EnginePool } from '../../worker/pool.ts';
import { capabilitiesOfFile } from '../../capabilities.ts';
import type { FileFactsSource } from '../../capabilities.ts';
import type { Engine, EngineLog, EngineSettings } from '../../engine.ts';
import { HeartbeatWatch } from '../../worker/heartbeat-watch.ts';
import { IsolatedEngine } from '../../worker/client.ts';
import type { LoadGate } from '../../memory/lease.ts';
import { MACHINE, MemoryLine } from '../../memory/budget.ts';
import type { MainMemory } from '../../memory/budget.ts';

export interface LlamaBackendOptions extends EngineSettings, FileFactsSource {
  /** A child process per model, or this process. */
  readonly engine: 'isolated' | 'in-process';
  readonly log: EngineLog;
  /** How long an unused model stays in memory, where its entry does not say; default: always. */
  readonly keepAlive?: KeepAlive;
  /** Bytes that all models together may take; undefined means all that there are. */
  readonly memoryBytes?: number | undefined;
  /** The memory that there is; default: this machine's. */
  readonly memory?: MainMemory;
  /** The memory that other backends' models lie in too; default: one of its own, by the two above. */
  readonly line?: MemoryLine;
  /** Seconds that an engine with work may give no sign of life; default: as `HeartbeatWatch` has it. */
  readonly allowedSilenceSeconds?: number;
  /** The compiled module of the child process, where it is not beside this one. */
  readonly childModule?: URL;
  /** Environment of child processes; default: this process's. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** Models from GGUF files, by llama.cpp in our own process tree. */
export function createLlamaBackend(options: LlamaBackendOptions): Backend {
  const { log, memoryBytes: limitBytes, memory = MACHINE, keepAlive = 'always' } = options;
  const open = (spec: ModelSpec, gate: LoadGate) => openEngine(spec, options, gate);
  const line = options.line ?? new MemoryLine({ log, limitBytes, memory });
  const pool = new EnginePool({ line, keepAlive, open });
  return {
    kind: 'llama',
    capabilities: (model, signal) =>
      pool.engineFor(model).use((engine) => engine.capabilities(signal), false),
    ...(options.fileFacts && { describe: (model) => capabilitiesOfFile(options, model) }),
    countTokens: (request, signal) =>
      pool.engineFor(request.model).use((engine) => engine.countTokens(request, signal), true),
    async *generate(request, signal) {
      yield* pool.engineFor(request.model).generate(request, signal);
    },
    loaded: (signal) => pool.loaded(signal),
    unload: (name) => pool.unload(name),
    close: () => pool.close(),
  };
}

/** llama.cpp's addon is loaded into this process only where the engine runs in it. */
async function openEngine(
  spec: ModelSpec,
  options: LlamaBackendOptions,
  gate: LoadGate,
): Promise<Engine> {
  const { threads, gpuLayers, flashAttention, kvType, context, parallel, states } = options;
  const { queueLimit, log, promptLookup } = options;
  const loading = { threads, gpuLayers, flashAttention, kvType, promptLookup };
  const settings = { ...loading, context, parallel, states, queueLimit };
  if (options.engine === 'in-process') {
    const { LlamaEngine } = await importEngine(() => import('./llama-engine.ts'));
    return LlamaEngine.open(spec, settings, log, gate);
  }
  const childModule = options.childModule ?? new URL('./child.js', import.meta.url);
  const { environment = () => process.env } = options;
  const watch = new HeartbeatWatch(options.allowedSilenceSeconds);
  const isolation = { childModule, environment, watch };
  return new IsolatedEngine({ spec, settings, log, gate, ...isolation });
}
