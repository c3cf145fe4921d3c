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
 * Creates a renderer for a chat template: llama.cpp's own Jinja, which renders all known templates, or
 * `@huggingface/jinja` if the bindings have none. Throws `unsupported` for an invalid template.
 */
export function createRenderer(bindings: unknown, template: string): TemplateRenderer {
  try {
    return parsedRenderer(bindings, template);
  } catch (error) {
    throw new RuntimeFailure(
      'unsupported',
      `The chat template can't be read: ${messageOf(error)}. Set \`template:\` in models.yaml.`,
      { cause: error },
    );
  }
}

function parsedRenderer(bindings: unknown, template: string): TemplateRenderer {
  const native = nativeRenderer(bindings, template);
  if (native !== undefined) return native;
  const fallback = new Template(template);
  return (variables) => fallback.render({ ...variables });
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
