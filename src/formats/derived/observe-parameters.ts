import type { NameEnd, ParameterSyntax } from '../shared/parameter-syntax.ts';
import { PROBED, WRITTEN_KINDS } from './observations.ts';
import type { CallRegions, FoundCall } from './found-call.ts';
import { sharedEnd, sharedStart } from './segments.ts';

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
  const open = sharedEnd(parts.head, further);
  const restOfFurther = further.slice(0, further.length - open.length);
  const close = sharedStart(parts.tail, restOfFurther);
  if (!/[<[]/.test(open) || close.trim() === '') return undefined;
  const syntax = namedClose(syntaxOf(parts.middle, open, close));
  const nameEnd = parts.head.slice(0, parts.head.length - open.trimStart().length);
  const end = region.indexOf(value, name) + value.length + close.trimEnd().length;
  return {
    body: {
      style: 'parameters',
      nameEnd,
      parameters: { ...syntax, nameEnds: nameEndsOf(regions, syntax), ...itemOf(regions, syntax) },
    },
    from: name,
    to: end,
  };
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

function syntaxOf(middle: string, open: string, close: string): ParameterSyntax {
  const onLines = middle.endsWith('\n') && close.startsWith('\n');
  return {
    open: open.trim(),
    nameEnds: [{ mark: onLines ? middle.slice(0, -1) : middle }],
    layout: onLines ? '\n' : '',
    close: onLines ? close.trim() : close.trimEnd(),
    separator: open.startsWith('\n') || close.endsWith('\n') ? '\n' : '',
    end: '',
  };
}

/** The same if the closing mark repeats the key. */
function namedClose(syntax: ParameterSyntax): ParameterSyntax {
  const [close = '', closeEnd] = syntax.close.split(PROBED.key);
  return closeEnd === undefined ? syntax : { ...syntax, close, closeEnd };
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
