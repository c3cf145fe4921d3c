import type { TemplateTraits } from '../../chat/template-traits.ts';
import type { Capabilities } from '../../core/backend.ts';

/** What a model can do here, by its context size in tokens and by what its template knows. */
export function llamaCapabilities(contextSize: number, traits: TemplateTraits): Capabilities {
  return {
    contextTokens: contextSize,
    thinking: traits.thinking,
    tools: 'enforced',
    structuredOutput: true,
    images: false,
    documents: false,
    citations: false,
    exactCount: true,
  };
}
