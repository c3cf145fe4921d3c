import type { Backend, GenerationRequest, LoadedModel } from '../../core/backend.ts';
import { raceAbort } from '../queue.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { IsolatedEngine } from './isolated-engine.ts';
import { NamedEngine } from './named-engine.ts';

export interface LlamaBackendOptions extends EngineSettings {
  /** A child process per model, or this process. */
  readonly engine: 'isolated' | 'in-process';
  /** Told in one line what an engine could not honour, but did not stop at. */
  readonly log: (message: string) => void;
  /** The compiled module of the child process, where it is not beside this one. */
  readonly childModule?: URL;
}

/** Models from GGUF files, by llama.cpp in our own process tree. */
export function createLlamaBackend(options: LlamaBackendOptions): Backend {
  const engines = new Map<string, NamedEngine>();

  /** One engine per model and settings: an entry that was edited gets a new one in place of the old. */
  function engineFor(spec: ModelSpec): NamedEngine {
    const key = JSON.stringify(spec);
    const known = engines.get(key);
    if (known !== undefined) return known;
    for (const [old, engine] of engines) {
      if (engine.name !== spec.name) continue;
      engines.delete(old);
      engine.retire();
    }
    const engine = new NamedEngine(spec.name, openEngine(spec, options));
    engines.set(key, engine);
    // What could not be opened is tried again by the next request.
    engine.opened.catch(() => engines.delete(key));
    return engine;
  }

  return {
    kind: 'llama',
    async capabilities(model, signal) {
      const engine = engineFor(model);
      return engine.use(async () => (await engine.opened).capabilities(signal));
    },
    async countTokens(request: GenerationRequest, signal) {
      const engine = engineFor(request.model);
      return engine.use(async () => (await engine.opened).countTokens(request, signal));
    },
    async *generate(request, signal) {
      yield* engineFor(request.model).generate(request, signal);
    },
    async loaded(signal) {
      const found = await Promise.all([...engines.values()].map((one) => loadedModel(one, signal)));
      return found.filter((model) => model !== undefined);
    },
    async unload(name) {
      const named = [...engines].filter(([, engine]) => engine.name === name);
      for (const [key] of named) engines.delete(key);
      await Promise.allSettled(named.map(async ([, { opened }]) => (await opened).close()));
    },
    async close() {
      const closing = [...engines.values()].map(async ({ opened }) => (await opened).close());
      engines.clear();
      // An engine that did not open holds nothing.
      await Promise.allSettled(closing);
    },
  };
}

/** An engine that can't tell, since it did not open or is busy loading, holds nothing yet. */
async function loadedModel(
  { name, opened }: NamedEngine,
  signal: AbortSignal,
): Promise<LoadedModel | undefined> {
  const engine = await raceAbort(opened, signal).catch(() => undefined);
  const status = await engine?.status(signal).catch(() => undefined);
  return status === undefined ? undefined : { name, ...status };
}

/** llama.cpp's addon is loaded into this process only where the engine runs in it. */
async function openEngine(spec: ModelSpec, options: LlamaBackendOptions): Promise<Engine> {
  const { threads, context, parallel, states, queueLimit } = options;
  const settings = { threads, context, parallel, states, queueLimit };
  if (options.engine === 'in-process') {
    const { LlamaEngine } = await import('./llama-engine.ts');
    return LlamaEngine.open(spec, settings, options.log);
  }
  const childModule = options.childModule ?? new URL('./child.js', import.meta.url);
  return new IsolatedEngine({ spec, settings, childModule, log: options.log });
}
