import { Template } from '@huggingface/jinja';
import type { TemplateRenderer } from '../../../prompt/render.ts';

/** A template counts messages and tools; more steps only take memory. */
const MOST_STEPS = 10_000;

/**
 * A renderer for a chat template of a file that no one has vouched for. It needs no llama.cpp, and a
 * range in the template can't take all memory: the library makes a list of all its numbers.
 */
export function boundedRenderer(source: string): TemplateRenderer {
  // The library lets no one replace a function of its own.
  const template = new Template(source.replaceAll(/\brange\b/g, 'bounded_range'));
  return (variables) => template.render({ ...variables, bounded_range: boundedRange });
}

function boundedRange(first: number, end?: number, step = 1): readonly number[] {
  const [from, to] = end === undefined ? [0, first] : [first, end];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(count <= MOST_STEPS)) throw new Error(`A range has more than ${MOST_STEPS} steps.`);
  return Array.from({ length: count }, (_, index) => from + index * step);
}
