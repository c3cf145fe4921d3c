import type { Part, TextPart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/failure.ts';

/** Parts as one text. Parts that templates have no field for are written as text. */
export function writeParts(parts: readonly Part[], separator = '\n\n'): string {
  return parts
    .map(writePart)
    .filter((text) => text !== '')
    .join(separator);
}

/**
 * One part as text.
 *
 * @throws {unsupported} if the part has no text form: images, binary documents
 */
function writePart(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'compaction':
      return `Summary of the conversation so far:\n\n${part.text}`;
    case 'document':
      return writeDocument(part);
    case 'search-result':
      return tagged('search_result', { source: part.source, title: part.title }, part.content);
    case 'tool-reference':
      return `The tool ${part.name} is available.`;
    case 'tool-change':
      return `The tool ${part.name} was ${part.change}.`;
    case 'server-tool-call':
      return `[${part.name} was called with ${JSON.stringify(part.input)}]`;
    case 'server-tool-result':
      return `[${part.blockType}: ${JSON.stringify(part.content)}]`;
    case 'tool-call':
      return `[${part.name} was called with ${JSON.stringify(part.input)}]`;
    case 'tool-result':
      return writeToolOutput(part.output, part.isError);
    case 'thinking':
    case 'redacted-thinking':
      return '';
    case 'image':
      throw unwritable('image');
    case 'container-upload':
      return `[The file ${part.fileName ?? part.fileId} was uploaded for code execution.]`;
    default:
      return part satisfies never;
  }
}

/** Output of a tool as text. A failure is marked in the text, since templates have no field for it. */
export function writeToolOutput(output: readonly Part[], isError: boolean): string {
  const text = writeParts(output);
  return isError ? `Error: ${text}` : text;
}

function writeDocument(part: Part & { readonly kind: 'document' }): string {
  const { source, title, context } = part;
  const attributes = { ...(title && { title }), ...(context && { context }) };
  switch (source.kind) {
    case 'text':
      return tagged('document', attributes, [{ kind: 'text', text: source.text }]);
    case 'content':
      return tagged('document', attributes, source.parts);
    case 'pages':
      return tagged('document', attributes, source.pages.map(writePage));
    case 'base64':
    case 'url':
    case 'file':
      throw unwritable(`document (${source.kind})`);
    default:
      return source satisfies never;
  }
}

function writePage(text: string, index: number): TextPart {
  return { kind: 'text', text: `<page number="${index + 1}">\n${text}\n</page>` };
}

function tagged(
  tag: string,
  attributes: Readonly<Record<string, string>>,
  content: readonly (Part | TextPart)[],
): string {
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `<${tag}${head.join('')}>\n${writeParts(content)}\n</${tag}>`;
}

function unwritable(block: string): RuntimeFailure {
  return new RuntimeFailure(
    'unsupported',
    `This model can't read ${block} blocks, and they have no text form. ` +
      'Leave them out, or choose a model that can read them.',
    { subject: 'messages' },
  );
}
