import type { TemplateTraits } from '../../prompt/template-traits.ts';
import type { Capabilities } from '../../core/backend.ts';
import type { LocalSpec } from './spec.ts';
import { contextSizeFor } from './context-size.ts';
import type { FileFactsCache } from './model/file-facts-cache.ts';

/** Capabilities of a model in the local engine, by its context size in tokens and its template. */
export function engineCapabilities(
  contextTokens: number,
  { thinking }: Pick<TemplateTraits, 'thinking'>,
): Capabilities {
  return {
    contextTokens,
    thinking,
    tools: 'enforced',
    structuredOutput: true,
    images: false,
    documents: true,
    citations: true,
    exactCount: true,
  };
}

/** Capabilities of a base model, which has no chat template. */
function baseCapabilities(contextTokens: number): Capabilities {
  return {
    chats: false,
    contextTokens,
    thinking: 'none',
    tools: 'none',
    structuredOutput: false,
    images: false,
    documents: false,
    citations: false,
    exactCount: true,
  };
}

/** Source of capabilities without an engine. */
export interface FileFactsSource {
  readonly fileFacts?: FileFactsCache | undefined;
  /** Context size in tokens of the server's settings, for all models. */
  readonly context: number | undefined;
}

/** Capabilities by the header of a model's file; undefined if it can't be read. */
export async function capabilitiesOfFile(
  { fileFacts, context }: FileFactsSource,
  { file, template, context: model }: LocalSpec,
): Promise<Capabilities | undefined> {
  if (file === undefined) return undefined;
  const facts = await fileFacts?.read({ file, template });
  if (facts === undefined) return undefined;
  const { problem, thinking, trainedContext } = facts;
  const size = contextSizeFor({ model, server: context }, trainedContext);
  if (problem !== undefined) return { ...baseCapabilities(size), problem };
  return {
    ...(thinking === undefined ? baseCapabilities(size) : engineCapabilities(size, { thinking })),
    ...(trainedContext !== undefined && { maxContextTokens: trainedContext }),
  };
}
