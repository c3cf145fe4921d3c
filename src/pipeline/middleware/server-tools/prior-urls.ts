import type { Conversation, Part } from '../../../core/conversation.ts';

/**
 * Whether a URL stands in what the user, tools or the server's own searches said. A model may be talked
 * into sending what it knows to a URL of somebody's making; one that is already there tells nothing.
 */
export function isNamed(url: string, { turns }: Conversation): boolean {
  const bare = withoutScheme(url);
  return turns.some(
    ({ role, parts }) => role === 'user' && parts.some((part) => textsOf(part).includes(bare)),
  );
}

/** People name pages without a scheme, and with or without a slash behind. */
function withoutScheme(url: string): string {
  return url.replace(/^https?:\/\//i, '').replace(/\/$/, '');
}

function textsOf(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'tool-result':
      return part.output.map(textsOf).join('\n');
    case 'search-result':
      return [part.source, ...part.content.map(({ text }) => text)].join('\n');
    case 'document':
      return documentText(part);
    case 'image':
    case 'thinking':
    case 'redacted-thinking':
    case 'tool-call':
    case 'tool-reference':
    case 'server-tool-call':
    case 'server-tool-result':
    case 'compaction':
    case 'tool-change':
    case 'container-upload':
      return '';
    default:
      return part satisfies never;
  }
}

function documentText({ source }: Extract<Part, { kind: 'document' }>): string {
  if (source.kind === 'text') return source.text;
  return source.kind === 'content' ? source.parts.map(textsOf).join('\n') : '';
}
