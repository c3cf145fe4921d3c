import type { Backend, GenerationRequest, LoadedModel } from '../../core/backend.ts';
import { abortReason, raceAbort } from './queue.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { IsolatedEngine } from './isolated-engine.ts';

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

  /** One engine per model and settings: an entry that was edited gets a new one. */
  function engineFor(spec: ModelSpec): Promise<Engine> {
    const key = JSON.stringify(spec);
    const known = engines.get(key);
    if (known !== undefined) return known.opened;
    const opened = openEngine(spec, options);
    engines.set(key, { name: spec.name, opened });
    // What could not be opened is tried again by the next request.
    opened.catch(() => engines.delete(key));
    return opened;
  }

  return {
    kind: 'llama',
    async capabilities(model, signal) {
      return (await engineFor(model)).capabilities(signal);
    },
    async countTokens(request: GenerationRequest, signal) {
      return (await engineFor(request.model)).countTokens(request, signal);
    },
    async *generate(request, signal) {
      const engine = await engineFor(request.model);
      if (signal.aborted) throw abortReason(signal);
      yield* engine.generate(request, signal);
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

interface NamedEngine {
  readonly name: string;
  readonly opened: Promise<Engine>;
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
  const { threads, context, queueLimit } = options;
  const settings = { threads, context, queueLimit };
  if (options.engine === 'in-process') {
    const { LlamaEngine } = await import('./llama-engine.ts');
    return LlamaEngine.open(spec, settings, options.log);
  }
  const childModule = options.childModule ?? new URL('./child.js', import.meta.url);
  return new IsolatedEngine({ spec, settings, childModule, log: options.log });
}
