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
  /** A child process per model, or this process. A model with vision always has a child process. */
  readonly engine: 'isolated' | 'in-process';
  readonly log: EngineLog;
  /** Time that an unused model stays in memory, unless its entry says so; default: always. */
  readonly keepAlive?: KeepAlive;
  /** Bytes that all models together may take; undefined means all that there are. */
  readonly memoryBytes?: number | undefined;
  /** The memory that there is; default: this machine's. */
  readonly memory?: MainMemory;
  /** Seconds that an engine with work may give no sign of life; default: as `HeartbeatWatch` has it. */
  readonly allowedSilenceSeconds?: number;
  /** Seconds for opening a model, and for loading it beside its bytes; default: as `LoadWatch` has it. */
  readonly allowedLoadSeconds?: number;
  /** Milliseconds that an engine with vision may say nothing; default: `allowedSilence`. */
  readonly allowedSilence?: (waiting: Waiting) => number;
  /** The compiled module of the child process, if it is not beside this one. */
  readonly childModule?: URL;
  /** Environment of child processes; default: this process's. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** Models from GGUF files, by llama.cpp in our own process tree. */
export function createLocalBackend(options: LocalBackendOptions): Backend<LocalSpec> {
  const runnerFor = (model: LocalSpec, hasPictures: boolean) =>
    chooseRunner(model, visionSupport(model, options), hasPictures);
  const takesImages = (model: LocalSpec) => runnerFor(model, true) === 'llama-node';
  const pools = openPools(options, takesImages);
  const runnerOf = ({ model, conversation }: GenerationRequest<LocalSpec>) =>
    runnerFor(model, imagesOf(conversation).length > 0);
  return {
    kind: 'llama',
    async capabilities(model, signal) {
      const engine = pools[runnerFor(model, false)].engineFor(model);
      const found = await engine.use((opened) => opened.capabilities(signal), false);
      // With a separate text engine, the one with vision is opened by the first picture.
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
      return runner === 'llama-node' ? retriable(events, request) : events;
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

/** Engines by their runners, in the same memory. */
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
  };
}

/** An addon is loaded into this process only if the engine runs in it. */
async function startEngine(
  runner: RunnerKind,
  spec: LocalSpec,
  options: LocalBackendOptions,
  lease: MemoryLease,
): Promise<Engine> {
  const { threads, gpuLayers, flashAttention, kvType, context, parallel, states } = options;
  const { queueLimit, log, promptLookup } = options;
  const loading = { threads, gpuLayers, flashAttention, kvType, promptLookup };
  const settings = { ...loading, context, parallel, states, queueLimit };
  const task = { runner, spec, settings };
  const hasVision = runner === 'llama-node';
  if (options.engine === 'in-process' && !hasVision) {
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

/** A request whose engine has died is worth another try as long as nothing of its answer was reported. */
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
