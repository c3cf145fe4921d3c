import type { ChatFormat } from '../../../formats/format.ts';
import { chooseFormat } from '../../../formats/choose.ts';
import { derivedFormat } from '../../../formats/derived/derived-format.ts';
import type { TemplateLayout } from '../../../formats/derived/layout.ts';
import { plain } from '../../../formats/plain.ts';
import { injectedFormat, injectedTraits, injectionFor } from '../../../prompt/inject.ts';
import type { Injection } from '../../../prompt/inject.ts';
import type { TemplateRenderer } from '../../../prompt/render.ts';
import { deriveLayout } from '../../../prompt/template-layout.ts';
import type { TemplateTraits } from '../../../prompt/template-traits.ts';
import { probeTemplate } from '../../../prompt/traits.ts';

/** Chat template, and the findings about it. */
export interface TemplateReading {
  readonly render: TemplateRenderer;
  readonly format: ChatFormat;
  readonly traits: TemplateTraits;
  /** Features that instructions in the prompt replace, because the template lacks them. */
  readonly injection: Injection;
  /** Layout that its renderings show, if it belongs to no known family. */
  readonly layout?: TemplateLayout | undefined;
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
  const known = chooseFormat(source);
  if (known === plain) return readUnknownTemplate(render, source, tokens);
  return reading(render, known, probeTemplate(render, known, tokens));
}

/** The same for a template of no known family: its layout follows from renderings. */
export function readUnknownTemplate(
  render: TemplateRenderer,
  source: string,
  tokens: { readonly bos: string; readonly eos: string },
): TemplateReading {
  const traits = probeTemplate(render, plain, tokens);
  const layout = deriveLayout(render, source, traits, tokens);
  if (layout === undefined) return reading(render, plain, traits);
  const format = derivedFormat(layout);
  return { ...reading(render, format, probeTemplate(render, format, tokens)), layout };
}

function reading(
  render: TemplateRenderer,
  format: ChatFormat,
  traits: TemplateTraits,
): TemplateReading {
  const injection = injectionFor(format, traits);
  return {
    render,
    format: injectedFormat(format, injection),
    traits: injectedTraits(traits, injection),
    injection,
  };
}
