/** Elements whose content is nothing to read. */
const UNREAD: ReadonlySet<string> = new Set(
  'script style noscript template svg nav iframe select title'.split(' '),
);

const BLOCK =
  /^(?:br|hr|p|div|section|article|aside|main|header|footer|table|tr|ul|ol|dl|dt|dd|pre|blockquote|figure|form)$/;

const NAME = /<\/?([a-z][a-z0-9-]*)/y;

/**
 * The title and the text of an HTML page: blocks become lines, list items get a dash, headings a #. It is
 * a scan in one pass and no parser: what scripts would show is not there.
 */
export function htmlText(html: string): { readonly title: string | null; readonly text: string } {
  const lower = html.toLowerCase();
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    const end = open === -1 ? html.length : open;
    pieces.push(unescaped(html.slice(at, end)).replaceAll(/\s+/g, ' '));
    if (open === -1) break;
    const { next, mark } = readTag(lower, open);
    pieces.push(mark);
    at = next;
  }
  const lines = pieces
    .join('')
    .split('\n')
    .map((line) => line.replaceAll(/ {2,}/g, ' ').trim());
  const text = lines.filter((line, index) => line !== '' || lines[index - 1] !== '');
  return { title: titleOf(html, lower), text: text.join('\n').trim() };
}

/** What a tag, a comment or a whole unread element leaves in the text, and where it ends. */
function readTag(lower: string, open: number): { readonly next: number; readonly mark: string } {
  if (lower.startsWith('<!--', open)) return { next: behind(lower, '-->', open), mark: '' };
  if (lower.startsWith('<!', open) || lower.startsWith('<?', open)) {
    return { next: behind(lower, '>', open), mark: '' };
  }
  NAME.lastIndex = open;
  const name = NAME.exec(lower)?.[1];
  if (name === undefined) return { next: open + 1, mark: '<' };
  const closes = lower[open + 1] === '/';
  const next = behind(lower, '>', open);
  if (!closes && UNREAD.has(name)) {
    return { next: behind(lower, '>', behind(lower, `</${name}`, next)), mark: ' ' };
  }
  return { next, mark: markOf(name, closes) };
}

function markOf(name: string, closes: boolean): string {
  const level = /^h([1-6])$/.exec(name)?.[1];
  if (level !== undefined) return closes ? '\n' : `\n\n${'#'.repeat(Number(level))} `;
  if (name === 'li') return closes ? '' : '\n- ';
  if (name === 'td' || name === 'th') return closes ? ' ' : '';
  return BLOCK.test(name) ? '\n' : '';
}

/** The place behind the next occurrence; the end where there is none. */
function behind(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found === -1 ? text.length : found + what.length;
}

function titleOf(html: string, lower: string): string | null {
  const open = lower.indexOf('<title');
  if (open === -1) return null;
  const start = behind(lower, '>', open);
  const end = lower.indexOf('</title', start);
  const title = unescaped(html.slice(start, end === -1 ? start : end)).trim();
  return title === '' ? null : title;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['copy', '©'],
]);

function unescaped(text: string): string {
  return text.replaceAll(/&(#x[\da-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (all, entity: string) => {
    if (!entity.startsWith('#')) return ENTITIES.get(entity.toLowerCase()) ?? all;
    const isHex = entity[1] === 'x' || entity[1] === 'X';
    const code = isHex ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return code <= 0x10_ffff ? String.fromCodePoint(code) : all;
  });
}
