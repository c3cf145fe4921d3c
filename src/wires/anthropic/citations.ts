import type { Citation } from '../../core/citation.ts';
import type { JsonObject } from '../../core/json.ts';
import type { TextCitation } from './schema/citations.ts';

/**
 * Encodes a citation of an answer.
 *
 * @see https://docs.claude.com/en/docs/build-with-claude/citations
 */
export function encodeCitation(citation: Citation): JsonObject {
  const { start, end, citedText: cited_text } = citation;
  if (citation.kind === 'search-result') {
    const { result, source, title } = citation;
    return {
      type: 'search_result_location',
      cited_text,
      search_result_index: result,
      source,
      title,
      start_block_index: start,
      end_block_index: end,
    };
  }
  const { kind, document, title = null, fileId = null } = citation;
  const of = { cited_text, document_index: document, document_title: title, file_id: fileId };
  switch (kind) {
    case 'characters':
      return { type: 'char_location', ...of, start_char_index: start, end_char_index: end };
    case 'pages':
      return { type: 'page_location', ...of, start_page_number: start, end_page_number: end };
    case 'blocks':
      return {
        type: 'content_block_location',
        ...of,
        start_block_index: start,
        end_block_index: end,
      };
    default:
      return kind satisfies never;
  }
}

/** Decodes a citation that a client sends back: none for a result of Anthropic's own web search. */
export function decodeCitation(block: TextCitation): readonly Citation[] {
  switch (block.type) {
    case 'char_location':
      return [inDocument('characters', block, block.start_char_index, block.end_char_index)];
    case 'page_location':
      return [inDocument('pages', block, block.start_page_number, block.end_page_number)];
    case 'content_block_location':
      return [inDocument('blocks', block, block.start_block_index, block.end_block_index)];
    case 'search_result_location':
      return [
        {
          kind: 'search-result',
          result: block.search_result_index,
          source: block.source,
          title: block.title ?? '',
          start: block.start_block_index,
          end: block.end_block_index,
          citedText: block.cited_text,
        },
      ];
    case 'web_search_result_location':
      return [];
    default:
      return block satisfies never;
  }
}

function inDocument(
  kind: 'characters' | 'pages' | 'blocks',
  block: Extract<TextCitation, { document_index: number }>,
  start: number,
  end: number,
): Citation {
  const { document_index, cited_text } = block;
  const title = block.document_title ?? undefined;
  const fileId = block.file_id ?? undefined;
  return {
    kind,
    document: document_index,
    ...(title !== undefined && { title }),
    ...(fileId !== undefined && { fileId }),
    start,
    end,
    citedText: cited_text,
  };
}
