import { Template } from '@huggingface/jinja';
import { fitRenderer } from '../../../prompt/fitted-renderer.ts';
import type { TemplateRenderer } from '../../../prompt/render.ts';

/** Largest range. A template counts messages and tools; more steps would only take memory. */
const MOST_STEPS = 10_000;

/**
 * Creates a renderer for an untrusted chat template. It needs no llama.cpp, and limits the ranges in a template:
 * the library makes a list of all numbers of a range, which could take all memory.
 */
export function boundedRenderer(source: string): TemplateRenderer {
  // The library has no way to replace its own functions.
  const template = new Template(source.replaceAll(/\brange\b/g, 'bounded_range'));
  const render: TemplateRenderer = (variables) =>
    template.render({ ...variables, bounded_range: boundedRange });
  return fitRenderer([render], source).render;
}

function boundedRange(first: number, end?: number, step = 1): readonly number[] {
  const [from, to] = end === undefined ? [0, first] : [first, end];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(count <= MOST_STEPS)) throw new Error(`A range has more than ${MOST_STEPS} steps.`);
  return Array.from({ length: count }, (_, index) => from + index * step);
}
