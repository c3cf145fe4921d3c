import type { ToolCallPart, ToolResultPart } from '../../../core/conversation.ts';
import type { FoundPage, ServiceFailure, ServiceOutcome } from '../../../core/server-tools.ts';

/**
 * Writes the outcome of a call for the model. The same outcome always has the same text, so that the next
 * request can reuse the prefix of this one.
 */
export function resultOf(
  { id }: Pick<ToolCallPart, 'id'>,
  outcome: ServiceOutcome,
): ToolResultPart {
  return {
    kind: 'tool-result',
    callId: id,
    output: isFoundTools(outcome)
      ? outcome.names.map((name) => ({ kind: 'tool-reference', name }))
      : [{ kind: 'text', text: writeOutcome(outcome) }],
    isError: outcome.kind === 'mcp' ? outcome.isError : outcome.kind === 'failed',
  };
}

/** True for an outcome that the prompt shows as references, at which the tools are described. */
function isFoundTools(
  outcome: ServiceOutcome,
): outcome is Extract<ServiceOutcome, { kind: 'tools' }> {
  return outcome.kind === 'tools' && outcome.names.length > 0;
}

function writeOutcome(outcome: ServiceOutcome): string {
  switch (outcome.kind) {
    case 'found':
      return outcome.pages.length === 0
        ? 'Nothing was found.'
        : outcome.pages.map(writeFound).join('\n\n');
    case 'fetched': {
      const { title, url, text } = outcome.page;
      return [...(title === null ? [] : [title]), url, '', text].join('\n');
    }
    case 'mcp':
      return outcome.texts.join('\n\n');
    case 'tools':
      return 'No tool was found.';
    case 'failed':
      return [FAILURES[outcome.reason], outcome.message ?? ''].join(' ').trim();
    default:
      return outcome satisfies never;
  }
}

function writeFound({ title, url, age, excerpt }: FoundPage, index: number): string {
  const head = `${index + 1}. ${title}\n${url}${age === null ? '' : ` (${age})`}`;
  return excerpt === '' ? head : `${head}\n${excerpt}`;
}

const FAILURES = {
  'invalid-input': 'The arguments are not valid for this tool.',
  unavailable: 'The tool is not available now. Say so, and answer without it.',
  'max-uses-exceeded': 'The tool may not be used again in this answer. Answer with what is known.',
  'too-many-requests': 'The tool was used too often. Answer without it, or try again later.',
  'query-too-long': 'The query is too long; use a shorter one.',
  'url-too-long': 'The URL is too long.',
  'url-not-allowed': 'This URL may not be read.',
  'url-not-in-prior-context':
    'Only URLs can be read that the user, a tool result or a search result has named.',
  'url-not-accessible': 'The page could not be read.',
  'unsupported-content-type': 'The content of this URL is not text.',
  'content-too-large': 'The page is too large.',
  'too-slow': 'The tool took too long.',
} as const satisfies Record<ServiceFailure, string>;
