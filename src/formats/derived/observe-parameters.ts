import type { NameEnd, ParameterSyntax } from '../shared/parameter-syntax.ts';
import { PROBED, PROBED_KINDS, WRITTEN_KINDS } from './observations.ts';
import type { CallRegions, FoundCall } from './found-call.ts';
import { isTag, sharedEnd, sharedStart } from './segments.ts';

/** Texts of the parts of a call with one argument after its name. */
interface Parts {
  /** Between the tool's name and the key. */
  readonly head: string;
  /** Between key and value. */
  readonly middle: string;
  /** After the value. */
  readonly tail: string;
}

/**
 * A call whose arguments have marks each, by what repeats between two arguments.
 *
 * @param name index of the tool's name in the region
 */
export function observeParameters(
  regions: CallRegions,
  region: string,
  name: number,
  value: string,
): FoundCall | undefined {
  const parts = partsOf(region, name, value);
  const further = regions.twoKeys === undefined ? undefined : betweenKeys(regions.twoKeys);
  if (parts === undefined || further === undefined) return undefined;
  const shared = sharedEnd(parts.head, further);
  // A quotation mark after the name and after the value is no part of what is between two arguments.
  const open = shared === further && /^["']/.test(shared) ? shared.slice(1) : shared;
  const restOfFurther = further.slice(0, further.length - open.length);
  const close = sharedStart(parts.tail, restOfFurther);
  const separator = separatorOf(open, restOfFurther.slice(close.length), close);
  const syntax = namedClose(syntaxOf(parts.middle, open, close, separator));
  const quotes = quotesOf(regions, syntax);
  const isMarked = /[<[]/.test(open) && (close.trim() !== '' || isTag(open.trim()));
  if (quotes === undefined && !isMarked) return undefined;
  const nameEnd = parts.head.slice(0, parts.head.length - open.trimStart().length);
  const end = region.indexOf(value, name) + value.length + close.trimEnd().length;
  const parameters =
    quotes === undefined
      ? { ...syntax, nameEnds: nameEndsOf(regions, syntax), ...itemOf(regions, syntax) }
      : { ...syntax, ...quotes };
  return { body: { style: 'parameters', nameEnd, parameters }, from: name, to: end };
}

function partsOf(region: string, name: number, value: string): Parts | undefined {
  const afterName = name + PROBED.tool.length;
  const key = region.indexOf(PROBED.key, afterName);
  const afterKey = key + PROBED.key.length;
  const place = region.indexOf(value, afterKey);
  if (key === -1 || place === -1) return undefined;
  return {
    head: region.slice(afterName, key),
    middle: region.slice(afterKey, place),
    tail: region.slice(place + value.length),
  };
}

/** Text between the value of one argument and the key of the next. */
function betweenKeys(region: string): string | undefined {
  const value = region.indexOf(PROBED.value);
  const from = value + PROBED.value.length;
  const to = region.indexOf(PROBED.otherKey, from);
  return value === -1 || to === -1 ? undefined : region.slice(from, to);
}

/** Text between two arguments that belongs to neither; of white space, only a line break counts. */
function separatorOf(open: string, rest: string, close: string): string {
  if (rest.trim() !== '') return rest;
  if (open.startsWith('\n') || (rest + close).endsWith('\n')) return '\n';
  return open.trim() === '' ? rest + open : '';
}

function syntaxOf(middle: string, open: string, close: string, separator: string): ParameterSyntax {
  const onLines = middle.endsWith('\n') && close.startsWith('\n');
  return {
    open: open.trimStart(),
    nameEnds: [{ mark: onLines ? middle.slice(0, -1) : middle }],
    layout: onLines ? '\n' : '',
    close: onLines ? close.trim() : close.trimEnd(),
    separator,
    end: '',
  };
}

/** The same if the closing mark repeats the key. */
function namedClose(syntax: ParameterSyntax): ParameterSyntax {
  const [close = '', closeEnd] = syntax.close.split(PROBED.key);
  return closeEnd === undefined ? syntax : { ...syntax, close, closeEnd };
}

/**
 * Marks around texts that other values lack, by a rendering of a number: quotation marks of JSON, or marks such as
 * `<![CDATA[`. Undefined if there are none.
 */
function quotesOf(
  { kinds = '', isEscaped }: CallRegions,
  { nameEnds, layout, close }: ParameterSyntax,
): Pick<ParameterSyntax, 'nameEnds' | 'close' | 'strings' | 'quote'> | undefined {
  const middle = (nameEnds[0]?.mark ?? '') + layout;
  const key: keyof typeof WRITTEN_KINDS = 'probe_number';
  const number = String(PROBED_KINDS[key]);
  const [, ...rest] = kinds.split(key);
  const after = rest.join(key);
  const place = after.indexOf(number);
  const mark = after.slice(0, place);
  if (place === -1 || mark === middle || !middle.startsWith(mark)) return undefined;
  const open = middle.slice(mark.length);
  const following = after.slice(place + number.length);
  // The shortest beginning of the closing mark without which it is that of a number.
  const length = Array.from({ length: close.length }, (_, index) => index + 1).find((count) =>
    following.startsWith(close.slice(count)),
  );
  if (length === undefined) return undefined;
  const quote = { open, close: close.slice(0, length), always: true } as const;
  const isJson = open === '"' && quote.close === '"' && isEscaped;
  return {
    nameEnds: [{ mark }],
    close: close.slice(length),
    ...(isJson ? { strings: 'json' } : { quote }),
  };
}

/** The marks after a key; those of other types than text differ from it in some templates. */
function nameEndsOf({ kinds }: CallRegions, syntax: ParameterSyntax): readonly NameEnd[] {
  const [text = { mark: '' }] = syntax.nameEnds;
  const others = new Set<string>();
  for (const [key, value] of Object.entries(WRITTEN_KINDS)) {
    const mark = kinds === undefined ? undefined : markAfter(kinds, key, value, syntax);
    if (mark !== undefined && mark !== text.mark) others.add(mark);
  }
  if (others.size === 0) return [text];
  return [
    { ...text, kind: 'text' },
    ...[...others].map((mark): NameEnd => ({ mark, kind: 'json' })),
  ];
}

/** Argument that is a list of a one. */
const LIST_KEY: keyof typeof WRITTEN_KINDS = 'probe_list';

/** The name of a list's items, if lists and objects have marks for their members. */
function itemOf(
  { kinds = '' }: CallRegions,
  { open, nameEnds, close, closeEnd }: ParameterSyntax,
): Pick<ParameterSyntax, 'itemName'> {
  const mark = nameEnds[0]?.mark ?? '';
  if (closeEnd === undefined || mark === '') return {};
  const [, after = ''] = kinds.split(`${open}${LIST_KEY}${mark}`);
  const [list = ''] = after.split(`${close}${LIST_KEY}${closeEnd}`);
  const [itemName = ''] = list.trim().slice(open.length).split(mark);
  const isList = list.trim() === `${open}${itemName}${mark}1${close}${itemName}${closeEnd}`;
  return isList ? { itemName } : {};
}

function markAfter(
  kinds: string,
  key: string,
  values: readonly string[],
  { layout, close }: ParameterSyntax,
): string | undefined {
  const place = kinds.indexOf(key);
  const from = place + key.length;
  const to = kinds.indexOf(layout + close, from);
  if (place === -1 || to === -1) return undefined;
  const text = kinds.slice(from, to);
  const value = values.find((written) => text.endsWith(layout + written));
  return value === undefined
    ? undefined
    : text.slice(0, text.length - layout.length - value.length);
}
