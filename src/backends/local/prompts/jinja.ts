import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { Template } from '@huggingface/jinja';
import type { Llama } from 'node-llama-cpp';
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
 * if they can't render a greeting and that can. Throws `unsupported` for an invalid template.
 *
 * @param onFallback receives the reason why llama.cpp's Jinja is not used
 */
export function createRenderer(
  bindings: unknown,
  template: string,
  onFallback?: (reason: string) => void,
): TemplateRenderer {
  try {
    return parsedRenderer(bindings, template, onFallback);
  } catch (error) {
    throw new RuntimeFailure(
      'unsupported',
      `The chat template can't be read: ${messageOf(error)}. Set \`template:\` in models.yaml.`,
      { cause: error },
    );
  }
}

function parsedRenderer(
  bindings: unknown,
  template: string,
  onFallback?: (reason: string) => void,
): TemplateRenderer {
  let native: TemplateRenderer | undefined;
  try {
    native = nativeRenderer(bindings, template);
    if (native === undefined) return portableRenderer(template);
    native(GREETING);
    return native;
  } catch (error) {
    const portable = greetingRenderer(template);
    if (portable !== undefined) onFallback?.(lastLine(messageOf(error)));
    const render = portable ?? native;
    if (render === undefined) throw error;
    return render;
  }
}

/** Variables that every template renders, unless it demands something else. */
const GREETING = {
  messages: [{ role: 'user', content: 'Hello' }],
  add_generation_prompt: true,
  bos_token: '',
  eos_token: '',
};

function portableRenderer(source: string): TemplateRenderer {
  const template = new Template(source);
  return (variables) => template.render({ ...variables });
}

/** The renderer of `@huggingface/jinja` if it renders the greeting. */
function greetingRenderer(source: string): TemplateRenderer | undefined {
  try {
    const render = portableRenderer(source);
    render(GREETING);
    return render;
  } catch {
    return undefined;
  }
}

/** The last line of an error, after an excerpt of the template. */
function lastLine(message: string): string {
  return message.trim().split('\n').at(-1) ?? '';
}

function nativeRenderer(bindings: unknown, template: string): TemplateRenderer | undefined {
  if (!isRecord(bindings) || typeof bindings['AddonJinjaRenderer'] !== 'function') return undefined;
  const renderer: unknown = Reflect.construct(bindings['AddonJinjaRenderer'], [template]);
  const render: unknown = isObject(renderer) ? Reflect.get(renderer, 'render') : undefined;
  if (typeof render !== 'function') return undefined;
  return (variables) => String(Reflect.apply(render, renderer, [variables]));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
