import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { Template } from '@huggingface/jinja';
import type { Llama } from 'node-llama-cpp';
import { fitRenderer } from '../../../prompt/fitted-renderer.ts';
import type { TemplateRenderer } from '../../../prompt/render.ts';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';

/** Native part of node-llama-cpp 3.22.1, an internal member. */
export function bindingsOf(llama: Llama): unknown {
  return Reflect.get(llama, '_bindings');
}

let knownPath: string | undefined;

/** Path of the native addon of this process, so that another process can load it. */
export function addonPath(): string | undefined {
  knownPath ??= loadedLibraries().find((path) => basename(path) === 'llama-addon.node');
  return knownPath;
}

function loadedLibraries(): readonly string[] {
  // node-llama-cpp removes the addon from the module cache. Lookups of socket host names would take seconds.
  Reflect.set(process.report, 'excludeNetwork', true);
  const report: unknown = process.report.getReport();
  const libraries = isRecord(report) ? report['sharedObjects'] : undefined;
  return Array.isArray(libraries) ? libraries.filter((path) => typeof path === 'string') : [];
}

/** Loads the native part of node-llama-cpp from its file. Throws if there is none. */
export function loadBindings(addon: string): unknown {
  return createRequire(import.meta.url)(addon);
}

/**
 * Creates a renderer for a chat template: llama.cpp's own Jinja, or `@huggingface/jinja` if the bindings have none, or
 * if that renders more of what conversations contain. Throws `unsupported` for an invalid template.
 *
 * @param onFallback receives the reason why llama.cpp's Jinja is not used
 */
export function createRenderer(
  bindings: unknown,
  template: string,
  onFallback?: (reason: string) => void,
): TemplateRenderer {
  try {
    return fittedRenderer(bindings, template, onFallback);
  } catch (error) {
    throw new RuntimeFailure(
      'unsupported',
      `The chat template can't be read: ${messageOf(error)}. Set \`template:\` in models.yaml.`,
      { cause: error },
    );
  }
}

function fittedRenderer(
  bindings: unknown,
  template: string,
  onFallback?: (reason: string) => void,
): TemplateRenderer {
  const parsed = parser(bindings);
  if (parsed === undefined) return fitRenderer([portableRenderer(template)], template).render;
  let failure: unknown;
  const native = once(() => parsed(template));
  const watched: TemplateRenderer = (variables) => {
    try {
      return native()(variables);
    } catch (error) {
      if (!isRefusal(error)) failure ??= error;
      throw error;
    }
  };
  // The other library is slower, and may not be able to read a template that llama.cpp's Jinja can.
  const portable = once(() => portableRenderer(template));
  const { render, engine, greets } = fitRenderer(
    [watched, (variables) => portable()(variables)],
    template,
  );
  if (engine !== 0) onFallback?.(failure === undefined ? LOSS : lastLine(messageOf(failure)));
  else if (!greets) native();
  return render;
}

/** Reason if llama.cpp's Jinja raises no error. */
const LOSS = 'it leaves out a part of the conversation';

/** Returns true for an error that the template itself raises. */
function isRefusal(error: unknown): boolean {
  return messageOf(error).includes('Jinja Exception: ');
}

/** Returns the first result again, or throws the first error again. */
function once<Result>(make: () => Result): () => Result {
  let made: { readonly result: Result } | { readonly error: unknown } | undefined;
  return () => {
    try {
      made ??= { result: make() };
    } catch (error) {
      made = { error };
    }
    if ('error' in made) throw made.error;
    return made.result;
  };
}

function portableRenderer(source: string): TemplateRenderer {
  const template = new Template(source);
  return (variables) => template.render({ ...variables });
}

/** The last line of an error, after an excerpt of the template. */
function lastLine(message: string): string {
  return message.trim().split('\n').at(-1) ?? '';
}

/** Parser of templates by llama.cpp's own Jinja; undefined if the bindings have none. */
function parser(bindings: unknown): ((template: string) => TemplateRenderer) | undefined {
  const Renderer: unknown = isRecord(bindings) ? bindings['AddonJinjaRenderer'] : undefined;
  if (typeof Renderer !== 'function') return undefined;
  return (template) => {
    const renderer: unknown = Reflect.construct(Renderer, [template]);
    const render: unknown = isRecord(renderer) ? renderer['render'] : undefined;
    if (typeof render !== 'function') throw new Error('The renderer of llama.cpp has no `render`.');
    return (variables) => String(Reflect.apply(render, renderer, [variables]));
  };
}
