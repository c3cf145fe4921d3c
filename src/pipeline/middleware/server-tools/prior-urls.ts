import type { Conversation, Part } from '../../../core/conversation.ts';

/**
 * Returns true if the user, a tool or a search has named a URL. A page may talk a model into sending its
 * knowledge to a URL that the page's author built. A URL that was already named contains nothing new.
 */
export function isNamed(url: string, { turns }: Conversation): boolean {
  const bare = withoutScheme(url);
  return turns.some(
    ({ role, parts }) => role === 'user' && parts.some((part) => textsOf(part).includes(bare)),
  );
}

/** Normalizes a URL: users often leave out the scheme and the trailing slash. */
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
