import { convert } from 'html-to-text';
import type { DomNode, FormatCallback, SelectorDefinition } from 'html-to-text';
import { isRecord } from '../../core/json.ts';

/** More of a page takes the event loop too long, and no context has room for its text. */
const MAX_CHARACTERS = 1_000_000;
/** Pages of people are some dozen deep; the reader recurses. */
const MAX_DEPTH = 150;
const MAX_CHILDREN = 50_000;
/** Elements still open at one place; past them, reading would take the square of their number. */
const MAX_OPEN_TAGS = 5000;
/** Longest URL that web_fetch accepts; a longer one could not be followed. */
const MAX_URL_CHARACTERS = 250;

/** Elements without text to read, or that a browser does not show. */
const UNREAD = [
  ...'script style noscript template svg nav iframe select object'.split(' '),
  '[hidden]',
  '[style*="display:none"]',
  '[style*="display: none"]',
  '[style*="visibility:hidden"]',
  '[style*="visibility: hidden"]',
];

const BLOCKS = 'tr dt dd figure figcaption details summary address fieldset'.split(' ');

const selectors: SelectorDefinition[] = [
  { selector: 'a', format: 'link' },
  { selector: 'img', format: 'alternative' },
  { selector: 'title', format: 'pageTitle' },
  { selector: 'ul', options: { itemPrefix: '- ' } },
  { selector: 'hr', format: 'lineBreak' },
  ...BLOCKS.map((selector) => ({
    selector,
    format: 'block',
    options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
  })),
  ...['td', 'th'].map((selector) => ({ selector, format: 'cell' })),
  ...[1, 2, 3, 4, 5, 6].map((level) => ({ selector: `h${level}`, format: 'marked' })),
  ...UNREAD.map((selector) => ({ selector, format: 'skip' })),
];

const alternative: FormatCallback = (element, _walk, builder) => {
  const { alt } = attributesOf(element);
  builder.addInline(typeof alt === 'string' ? alt : '');
};

const cell: FormatCallback = (element, walk, builder) => {
  walk(element.children ?? [], builder);
  builder.addInline(' ');
};

const marked: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addInline(`${'#'.repeat(Number(element.name?.slice(1)))} `);
  walk(element.children ?? [], builder);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

/**
 * The title and the text of an HTML page: blocks become lines, list items get a dash, headings a #, and
 * a link its URL behind it. What scripts would show is not there. A page is read up to a size, a depth
 * and a width that keep it from taking long.
 *
 * @param url of the page, which its links are resolved against; without one, only absolute links show
 */
export function htmlText(
  html: string,
  url?: string,
): { readonly title: string | null; readonly text: string } {
  const titles: string[] = [];
  const link: FormatCallback = (element, walk, builder) => {
    walk(element.children ?? [], builder);
    const target = resolved(attributesOf(element)['href'], url);
    if (target !== undefined) builder.addInline(` [${target}]`, { noWordTransform: true });
  };
  const pageTitle: FormatCallback = ({ children }) => {
    const said = (children ?? []).map(({ data }) => data ?? '').join('');
    titles.push(said.replaceAll(/\s+/g, ' ').trim());
  };
  const text = convert(bounded(html), {
    wordwrap: false,
    baseElements: { selectors: [], returnDomByDefault: true },
    formatters: { link, pageTitle, alternative, cell, marked },
    limits: { maxDepth: MAX_DEPTH, maxChildNodes: MAX_CHILDREN, ellipsis: '' },
    selectors,
  });
  return { title: titles.find((title) => title !== '') ?? null, text: text.trim() };
}

/** The part of a page that is read: up to a length, and to where too many elements are open. */
function bounded(html: string): string {
  const part = html.slice(0, MAX_CHARACTERS);
  let open = 0;
  for (const { 0: tag, index } of part.matchAll(/<\/?[a-z]/gi)) {
    if (VOID.test(part.slice(index, index + 8))) continue;
    open = Math.max(0, open + (tag[1] === '/' ? -1 : 1));
    if (open > MAX_OPEN_TAGS) return part.slice(0, index);
  }
  return part;
}

/** Elements that need no end tag. */
const VOID = /^<\/?(?:br|hr|img|input|meta|link|wbr|source|area|col|p|li|td|th|tr|dt|dd|option)\b/i;

function attributesOf(element: DomNode): Readonly<Record<string, unknown>> {
  const attributes: unknown = element.attribs;
  return isRecord(attributes) ? attributes : {};
}

/** URL of a link, if it is another page that can be fetched. */
function resolved(href: unknown, page: string | undefined): string | undefined {
  if (typeof href !== 'string' || !URL.canParse(href, page)) return undefined;
  const target = new URL(href, page);
  target.hash = '';
  const isPage = target.protocol === 'http:' || target.protocol === 'https:';
  const isOther = target.href !== page?.replace(/#.*/s, '');
  return isPage && isOther && target.href.length <= MAX_URL_CHARACTERS ? target.href : undefined;
}
