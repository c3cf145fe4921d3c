import { convert } from 'html-to-text';
import type { DomNode, FormatCallback, SelectorDefinition } from 'html-to-text';
import { isRecord } from '../../../core/json.ts';

/** More would take seconds to convert, and would not fit any context. */
const MAX_CHARACTERS = 1_000_000;
/** Ordinary pages have some dozen levels. The limit protects the stack, because the converter recurses. */
const MAX_DEPTH = 150;
const MAX_CHILDREN = 50_000;
/** Elements that are open at one place. The time of the conversion grows with the square of their number. */
const MAX_OPEN_TAGS = 5000;
/** Longest URL that web_fetch accepts. */
const MAX_URL_CHARACTERS = 250;

/** Elements without readable text, or that a browser does not show. */
const UNREAD = [
  ...'script style noscript template svg nav iframe select object'.split(' '),
  '[hidden]',
  '[style*="display:none" i]',
  '[style*="display: none" i]',
  '[style*="visibility:hidden" i]',
  '[style*="visibility: hidden" i]',
];

const BLOCKS = 'tr dt dd figure figcaption details summary address fieldset'.split(' ');

const selectors: SelectorDefinition[] = [
  { selector: 'a', format: 'link' },
  { selector: 'base', format: 'base' },
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
 * Converts an HTML page to a title and text. Blocks become lines, list items get a dash, headings a #, and
 * links are followed by their URL. Hidden elements and output of scripts are left out. Limits of size,
 * depth and width bound the time.
 *
 * @param url URL of the page, to resolve its links if it has no base. Without either, only absolute links
 *   are shown.
 */
export function htmlText(
  html: string,
  url?: string,
): { readonly title: string | null; readonly text: string } {
  const titles: string[] = [];
  const bases: (string | undefined)[] = [];
  const base: FormatCallback = (element) => {
    const { href } = attributesOf(element);
    if (href !== undefined) bases.push(httpUrl(href, url)?.href);
  };
  const link: FormatCallback = (element, walk, builder) => {
    walk(element.children ?? [], builder);
    const target = linkedPage(attributesOf(element)['href'], bases[0] ?? url, url);
    if (target !== undefined) builder.addInline(` [${target}]`, { noWordTransform: true });
  };
  const pageTitle: FormatCallback = ({ children }) => {
    const said = (children ?? []).map(({ data }) => data ?? '').join('');
    titles.push(said.replaceAll(/\s+/g, ' ').trim());
  };
  const text = convert(bounded(html), {
    wordwrap: false,
    baseElements: { selectors: [], returnDomByDefault: true },
    formatters: { link, base, pageTitle, alternative, cell, marked },
    limits: { maxDepth: MAX_DEPTH, maxChildNodes: MAX_CHILDREN, ellipsis: '' },
    selectors,
  });
  return { title: titles.find((title) => title !== '') ?? null, text: text.trim() };
}

/** Cuts a page at the largest length, and where too many elements are open. */
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

/** URL of a link without its fragment; undefined if it is the same page, or can't be fetched. */
function linkedPage(
  href: unknown,
  base: string | undefined,
  page: string | undefined,
): string | undefined {
  const target = httpUrl(href, base);
  if (target === undefined) return undefined;
  target.hash = '';
  const isOther = target.href !== page?.replace(/#.*/s, '');
  return isOther && target.href.length <= MAX_URL_CHARACTERS ? target.href : undefined;
}

function httpUrl(href: unknown, base: string | undefined): URL | undefined {
  if (typeof href !== 'string' || !URL.canParse(href, base)) return undefined;
  const target = new URL(href, base);
  return target.protocol === 'http:' || target.protocol === 'https:' ? target : undefined;
}
