import type { BinarySource, DocumentPart, Part, TextPart } from '../../../core/conversation.ts';
import { decodeCitation } from '../citations.ts';
import type { DocumentBlock, MediaBlock, TextBlock } from '../schema/blocks.ts';
import type { ImageSource } from '../schema/sources.ts';

/** Decodes a text block; no part if it is empty. */
export function decodeText(block: TextBlock): readonly TextPart[] {
  if (block.text === '') return [];
  const citations = (block.citations ?? []).flatMap(decodeCitation);
  return [{ kind: 'text', text: block.text, ...(citations.length > 0 && { citations }) }];
}

/**
 * Decodes an image, document or search result.
 *
 * @param at path of the block, such as `messages.0.content.1`
 */
export function decodeMedia(block: MediaBlock, at: string): Part {
  switch (block.type) {
    case 'image':
      return {
        kind: 'image',
        source: decodeBinary(block.source, `${at}.image`),
        at: `${at}.image`,
      };
    case 'document':
      return decodeDocument(block, at);
    case 'search_result':
      return {
        kind: 'search-result',
        source: block.source,
        title: block.title,
        // Empty blocks stay, since citations count them.
        content: block.content.map(({ text }) => ({ kind: 'text', text })),
        citations: block.citations?.enabled ?? false,
      };
    default:
      return block satisfies never;
  }
}

function decodeDocument(block: DocumentBlock, at: string): DocumentPart {
  const title = block.title ?? undefined;
  const context = block.context ?? undefined;
  return {
    kind: 'document',
    source: decodeDocumentSource(block.source, `${at}.document`),
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context }),
    citations: block.citations?.enabled ?? false,
    ...(['base64', 'url', 'file'].includes(block.source.type) && { at: `${at}.pdf` }),
  };
}

function decodeDocumentSource(source: DocumentBlock['source'], at: string): DocumentPart['source'] {
  switch (source.type) {
    case 'text':
      return { kind: 'text', text: source.data };
    case 'content':
      return {
        kind: 'content',
        parts: source.content.map((block, index): Part =>
          block.type === 'text'
            ? { kind: 'text', text: block.text }
            : decodeMedia(block, `${at}.source.content.content.${index}`),
        ),
      };
    case 'base64':
    case 'url':
    case 'file':
      return decodeBinary(source, at);
    default:
      return source satisfies never;
  }
}

function decodeBinary(
  source: ImageSource | Extract<DocumentBlock['source'], { type: 'base64' }>,
  at: string,
): BinarySource {
  switch (source.type) {
    case 'base64':
      return { kind: 'base64', mediaType: source.media_type, data: source.data };
    case 'url':
      return { kind: 'url', url: source.url };
    case 'file':
      return { kind: 'file', fileId: source.file_id, at };
    default:
      return source satisfies never;
  }
}
