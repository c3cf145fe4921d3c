import { adaptationsFor } from './adaptations.ts';
import { GREETING, CALL, NO_TRAITS, Probe, TALK, withSystem } from './probe.ts';
import type { TemplateRenderer } from './render.ts';
import { plain } from '../formats/plain.ts';
import { PLAIN_CALLS } from './call-traits.ts';

/** Renderer of a template that renders most of what conversations contain. */
export interface FittedRenderer {
  readonly render: TemplateRenderer;
  /** Index of the Jinja implementation. */
  readonly engine: number;
  /** The template renders at least a greeting. */
  readonly greets: boolean;
}

const TOKENS = { bos: '', eos: '' } as const;
const STYLES = (['object', 'text'] as const).flatMap((form) =>
  (['kept', 'short'] as const).flatMap((ids) =>
    (['', null] as const).map((noContent) => ({ ...PLAIN_CALLS, arguments: form, ids, noContent })),
  ),
);

/** Feature of conversations, for templates that mention a word. */
interface Feature {
  readonly word: string;
  isRendered(probe: Probe): boolean;
}

const TALKING: readonly Feature[] = [
  { word: '', isRendered: (probe) => probe.shows(GREETING, NO_TRAITS) },
  { word: '', isRendered: (probe) => probe.shows(TALK, NO_TRAITS) },
];

const FEATURES: readonly Feature[] = [
  ...TALKING,
  {
    word: 'system',
    isRendered: (probe) => probe.shows(withSystem(GREETING, 'S'), { ...NO_TRAITS, system: true }),
  },
  {
    word: 'tools',
    isRendered: (probe) => probe.showsTools('first', 'plain') || probe.showsTools('text', 'plain'),
  },
  {
    word: 'tool_calls',
    isRendered: (probe) =>
      [probe, probe.offering()].some((one) =>
        STYLES.some((calls) => one.shows(CALL, { ...NO_TRAITS, calls })),
      ),
  },
];

/**
 * Chooses a Jinja implementation, and a form of the variables, with which a template renders most features. The
 * first implementation has priority, and variables are adapted only if a short talk is not rendered.
 *
 * @param engines renderers of the template by different implementations
 * @param source the template in Jinja
 */
export function fitRenderer(engines: readonly TemplateRenderer[], source: string): FittedRenderer {
  const mentioned = FEATURES.filter(({ word }) => source.includes(word));
  let best: (FittedRenderer & { readonly count: number }) | undefined;
  for (const { render, engine } of candidates(engines, source)) {
    const count = countFeatures(render, mentioned);
    if (best === undefined || count > best.count)
      best = { render, engine, count, greets: count > 0 };
    if (count === mentioned.length) break;
  }
  if (best === undefined) throw new Error('There is no implementation of Jinja.');
  return best;
}

function* candidates(
  engines: readonly TemplateRenderer[],
  source: string,
): Generator<Pick<FittedRenderer, 'render' | 'engine'>> {
  for (const [engine, render] of engines.entries()) yield { render, engine };
  for (const [engine, render] of engines.entries()) {
    if (countFeatures(render, TALKING) === TALKING.length) continue;
    for (const adapted of adaptationsFor(source)) {
      yield { render: (variables) => render(adapted(variables)), engine };
    }
  }
}

/** Number of features that a template renders; none if it does not render a greeting. */
function countFeatures(render: TemplateRenderer, features: readonly Feature[]): number {
  const probe = new Probe((variables) => withoutPrintedParts(render(variables)), plain, TOKENS);
  const [greeting, ...others] = features;
  if (greeting?.isRendered(probe) !== true) return 0;
  return 1 + others.filter((feature) => feature.isRendered(probe)).length;
}

/** Rendered text. Throws if a template printed parts of content as objects, because it expects text. */
function withoutPrintedParts(rendered: string): string {
  if (/['"]type['"]: ?['"]text['"]/.test(rendered)) throw new Error('Parts are printed.');
  return rendered;
}
