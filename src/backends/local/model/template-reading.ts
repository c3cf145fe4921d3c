import type { ChatFormat } from '../../../formats/format.ts';
import { chooseFormat } from '../../../formats/choose.ts';
import { injectedFormat, injectedTraits, injectionFor } from '../../../prompt/inject.ts';
import type { Injection } from '../../../prompt/inject.ts';
import type { TemplateRenderer } from '../../../prompt/render.ts';
import type { TemplateTraits } from '../../../prompt/template-traits.ts';
import { probeTemplate } from '../../../prompt/traits.ts';

/** A chat template, and what was found out about it. */
export interface TemplateReading {
  readonly render: TemplateRenderer;
  readonly format: ChatFormat;
  readonly traits: TemplateTraits;
  /** What instructions in the prompt stand for, since the template does not know it. */
  readonly injection: Injection;
}

/**
 * Finds out what a chat template takes, and how its model's output reads.
 *
 * @param source the template in Jinja
 */
export function readTemplate(
  render: TemplateRenderer,
  source: string,
  tokens: { readonly bos: string; readonly eos: string },
): TemplateReading {
  const own = chooseFormat(source);
  const traits = probeTemplate(render, own, tokens);
  const injection = injectionFor(own, traits);
  return {
    render,
    format: injectedFormat(own, injection),
    traits: injectedTraits(traits, injection),
    injection,
  };
}
