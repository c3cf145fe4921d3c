import type { ChatFormat } from '../format.ts';
import { hermes } from './hermes.ts';
import { plain } from './plain.ts';

/** The known families, the first that recognises a template wins; the last takes any. */
export const FORMATS: readonly ChatFormat[] = [hermes, plain];

/** The family that a chat template (Jinja source) belongs to. */
export function chooseFormat(template: string): ChatFormat {
  return FORMATS.find((format) => format.recognises(template)) ?? plain;
}
