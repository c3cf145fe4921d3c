import type { Backend, GenerationRequest } from '../../core/backend.ts';
import type { GenerationEvent } from '../../core/events.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { LocalSpec } from './spec.ts';
import { imagesOf } from '../../core/parts.ts';
import type { KeepAlive } from '../../units/keep-alive.ts';
import { capabilitiesOfFile } from './capabilities.ts';
import type { FileFactsSource } from './capabilities.ts';
import type { EngineLog, EngineSettings } from './engine-settings.ts';
import type { Engine } from './engine.ts';
import { MACHINE, MemoryBudget } from './memory/budget.ts';
import type { MainMemory } from './memory/budget.ts';
import type { MemoryLease } from './memory/lease.ts';
import { chooseRunner, visionHint, visionSupport } from './runner-choice.ts';
import type { RunnerConditions, RunnerKind } from './runner-choice.ts';
import { allowedSilence, SilenceWatch } from './runners/llama-node/silence-watch.ts';
import type { Waiting } from './runners/llama-node/silence-watch.ts';
import { IsolatedEngine } from './worker/client.ts';
import { joinWatches } from './worker/engine-watch.ts';
import { HeartbeatWatch } from './worker/heartbeat-watch.ts';
import { LoadWatch } from './worker/load-watch.ts';
import { EnginePool } from './worker/pool.ts';

export interface LocalBackendOptions extends EngineSettings, FileFactsSource, RunnerConditions {
  /** Runs each model in a child process, or in this one. Only the runner llama-cpp can run in this one. */
  readonly engine: 'isolated' | 'in-process';
  readonly log: EngineLog;
  /** Time that an unused model stays in memory, unless its entry sets one; default: always. */
  readonly keepAlive?: KeepAlive;
  /** Memory of all models together in bytes; undefined means all of the machine's. */
  readonly memoryBytes?: number | undefined;
  /** Main memory; default: this machine's. */
  readonly memory?: MainMemory;
  /** Seconds without a sign of life after which a working engine is ended; default: the one of `HeartbeatWatch`. */
  readonly allowedSilenceSeconds?: number;
  /** Seconds to open a model, and to load it in addition to the time for its bytes; default: the one of `LoadWatch`. */
  readonly allowedLoadSeconds?: number;
  /** Milliseconds that an engine with vision may be silent; default: `allowedSilence`. */
  readonly allowedSilence?: (waiting: Waiting) => number;
  /** Compiled module of the child process; default: the one next to this module. */
  readonly childModule?: URL;
  /** Environment of child processes; default: this process's. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** Creates the backend for GGUF files, which runs llama.cpp in this process or in child processes. */
export function createLocalBackend(options: LocalBackendOptions): Backend<LocalSpec> {
  const runnerFor = (model: LocalSpec, hasPictures: boolean) =>
    chooseRunner(model, visionSupport(model, options), hasPictures);
  const takesImages = (model: LocalSpec) => visionSupport(model, options) === 'available';
  const pools = openPools(options, takesImages);
  const runnerOf = ({ model, conversation }: GenerationRequest<LocalSpec>) =>
    runnerFor(model, imagesOf(conversation).length > 0);
  return {
    kind: 'llama',
    async capabilities(model, signal) {
      const engine = pools[runnerFor(model, false)].engineFor(model);
      const found = await engine.use((opened) => opened.capabilities(signal), false);
      // With a separate text engine, the first picture opens the one with vision.
      return { ...found, images: takesImages(model) };
    },
    ...(options.fileFacts && {
      async describe(model: LocalSpec) {
        const found = await capabilitiesOfFile(options, model);
        return found && { ...found, images: found.chats !== false && takesImages(model) };
      },
    }),
    visionHint: (model) => visionHint(model, visionSupport(model, options)),
    countTokens: (request, signal) =>
      pools[runnerOf(request)]
        .engineFor(request.model)
        .use((engine) => engine.countTokens(request, signal), true),
    generate(request, signal) {
      const runner = runnerOf(request);
      const events = pools[runner].engineFor(request.model).generate(request, signal);
      return runner === 'llama-cpp' ? events : retriable(events, request);
    },
    async loaded(signal) {
      const found = Object.values(pools).map((pool) => pool.loaded(signal));
      return (await Promise.all(found)).flat();
    },
    async unload(name) {
      await Promise.all(Object.values(pools).map((pool) => pool.unload(name)));
    },
    async close() {
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
    },
  };
}

/** Opens a pool of engines for each runner. All share one memory budget. */
function openPools(
  options: LocalBackendOptions,
  takesImages: (model: LocalSpec) => boolean,
): Readonly<Record<RunnerKind, EnginePool>> {
  const { log, memoryBytes: limitBytes, memory = MACHINE, keepAlive = 'always' } = options;
  const budget = new MemoryBudget({ log, limitBytes, memory });
  const open = (runner: RunnerKind) => (spec: LocalSpec, lease: MemoryLease) =>
    startEngine(runner, spec, options, lease);
  return {
    'llama-cpp': new EnginePool({
      budget,
      keepAlive,
      open: open('llama-cpp'),
      engineKind: (model) => (takesImages(model) ? 'text' : undefined),
    }),
    'llama-node': new EnginePool({
      budget,
      keepAlive,
      open: open('llama-node'),
      engineKind: () => 'vision',
    }),
    'llama-server': new EnginePool({ budget, keepAlive, open: open('llama-server') }),
  };
}

/** Starts an engine. An addon is loaded into this process only if the engine runs in it. */
async function startEngine(
  runner: RunnerKind,
  spec: LocalSpec,
  options: LocalBackendOptions,
  lease: MemoryLease,
): Promise<Engine> {
  const { threads, gpuLayers, flashAttention, kvType, context, parallel, states } = options;
  const { queueLimit, log, promptLookup, llamaServer, enginesFolder, attention } = options;
  const loading = { threads, gpuLayers, flashAttention, kvType, promptLookup };
  const programs = { llamaServer, enginesFolder };
  const kept = { states, attention };
  const settings = { ...loading, ...programs, ...kept, context, parallel, queueLimit };
  const task = { runner, spec, settings };
  const hasVision = runner === 'llama-node';
  if (options.engine === 'in-process' && runner === 'llama-cpp') {
    const { openEngine } = await import('./open-engine.ts');
    return openEngine(task, log, lease);
  }
  const childModule = options.childModule ?? new URL('./worker/child.js', import.meta.url);
  const { environment = () => process.env } = options;
  const activity = hasVision
    ? new SilenceWatch(options.allowedSilence ?? allowedSilence)
    : new HeartbeatWatch(options.allowedSilenceSeconds);
  // The addon for vision prints prompts.
  const quotes = !hasVision;
  const watch = joinWatches(activity, new LoadWatch(options.allowedLoadSeconds));
  return new IsolatedEngine({ task, log, lease, childModule, environment, watch, quotes });
}

/** Marks a failure as retriable if the engine ended before any part of the answer was sent. */
async function* retriable(
  events: AsyncGenerator<GenerationEvent>,
  { model }: GenerationRequest,
): AsyncGenerator<GenerationEvent> {
  let begun = false;
  try {
    for await (const event of events) {
      begun ||= event.type !== 'admitted' && event.type !== 'progress';
      yield event;
    }
  } catch (error) {
    const crashed = error instanceof RuntimeFailure && error.code === 'engine-crashed';
    if (!crashed || begun) throw error;
    throw new RuntimeFailure(
      'overloaded',
      `The engine of ${model.name} ended before it answered, and starts again. Try once more.`,
      { retryAfterSeconds: 1, cause: error },
    );
  }
}
