import type { Part, Turn } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import { hasPart } from '../../../core/parts.ts';

/**
 * Checks the citations of a request: all of its documents and search results are cited, or none.
 *
 * @param constrained the answer has to match a JSON Schema, which leaves no place for citations
 * @throws {invalid-request}
 */
export function checkCitations(turns: readonly Turn[], constrained: boolean): void {
  const has = (cited: boolean): boolean => {
    const test = (part: Part) => 'citations' in part && part.citations === cited;
    return hasPart({ system: [], turns, tools: [] }, test);
  };
  if (!has(true)) return;
  if (has(false)) {
    throw new RuntimeFailure(
      'invalid-request',
      'messages: citations must be enabled on all or none of the documents and search results of a request',
    );
  }
  if (constrained) {
    throw new RuntimeFailure(
      'invalid-request',
      "output_config.format: can't be used with citations; leave one of them out",
    );
  }
}
