import type { ModelMetadata } from '../../../src/backends/local/model/model-metadata.ts';
import type { Conversation } from '../../../src/core/conversation.ts';
import { asking } from './rendered.ts';

/** Renders and tokenizes a conversation as an engine does. */
export async function promptOf({ prompts, tokenizer }: ModelMetadata, conversation: Conversation) {
  const written = await prompts.run('write', { request: asking(conversation), answers: [] });
  const { stretches } = written.prompt;
  return { stretches, tokens: await tokenizer.prompt(stretches, new AbortController().signal) };
}
