import type { ChatFormat } from '../../../formats/format.ts';
import { chooseFormat } from '../../../formats/choose.ts';
import { injectedFormat, injectedTraits, injectionFor } from '../../../prompt/inject.ts';
import type { Injection } from '../../../prompt/inject.ts';
import type { TemplateRenderer } from '../../../prompt/render.ts';
import type { TemplateTraits } from '../../../prompt/template-traits.ts';
import { probeTemplate } from '../../../prompt/traits.ts';

/** Chat template, and the findings about it. */
export interface TemplateReading {
  readonly render: TemplateRenderer;
  readonly format: ChatFormat;
  readonly traits: TemplateTraits;
  /** Features that instructions in the prompt replace, because the template lacks them. */
  readonly injection: Injection;
}

/**
 * Probes a chat template, and chooses the format of its model's output.
 *
 * @param source source of the template in Jinja
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
