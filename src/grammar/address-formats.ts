// Formats of addresses: https://www.rfc-editor.org/rfc/rfc3986 (URI), rfc3987 (IRI), rfc4291 (IPv6),
// rfc1123 (host names) and rfc6570 (URI templates). Names in comments are those of the RFC's grammars.

import { complement, inJsonString } from './code-points.ts';
import type { Range } from './code-points.ts';

const HEX = '[0-9a-fA-F]';
const ESCAPED = `"%" ${HEX}{2}`;

const OCTET = '("25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9])';
export const IPV4 = `${OCTET} "." ${OCTET} "." ${OCTET} "." ${OCTET}`;

const GROUP = `${HEX}{1,4}`;
const MOST_GROUPS = 7;
export const IPV6 = `(${[
  `(${GROUP} ":"){7} ${GROUP}`,
  `(${GROUP} ":"){6} ${IPV4}`,
  ...Array.from({ length: MOST_GROUPS + 1 }, (_unused, count) => shortened(count)),
].join(' | ')})`;

/** IPv6 address with `::` after a number of groups. */
function shortened(count: number): string {
  const left = count === 0 ? '' : `${GROUP} ${times(`":" ${GROUP}`, count - 1)}`;
  const most = MOST_GROUPS - count;
  const right = [
    ...(most > 0 ? [`${GROUP} ${times(`":" ${GROUP}`, 0, most - 1)}`] : []),
    ...(most > 1 ? [`${times(`${GROUP} ":"`, 0, most - 2)} ${IPV4}`] : []),
  ];
  return `${left} "::" ${right.length > 0 ? `(${right.join(' | ')})?` : ''}`;
}

function times(expression: string, least: number, most = least): string {
  return most === 0 ? '' : `(${expression}){${least},${most}}`;
}

export const LABEL = '[a-zA-Z0-9] ([a-zA-Z0-9\\-]{0,61} [a-zA-Z0-9])?';
export const HOSTNAME = `${LABEL} ("." ${LABEL})*`;

/** Characters that no international host name has (rfc5892), or only beside some others. */
const NOT_IN_NAMES: readonly Range[] = [
  [0x00, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x60],
  [0x7b, 0xb7],
  [0x375, 0x375],
  [0x5f3, 0x5f4],
  [0x640, 0x640],
  [0x7fa, 0x7fa],
  [0x200b, 0x206f],
  [0x3000, 0x3004],
  [0x302e, 0x3035],
  [0x303b, 0x303b],
  [0x30fb, 0x30fb],
  [0xe000, 0xf8ff],
  [0xff00, 0xffff],
];
/** Blocks of marks, which begin no label. */
const MARKS: readonly Range[] = [
  [0x300, 0x36f],
  [0x483, 0x489],
  [0x900, 0x903],
  [0x1ab0, 0x1aff],
  [0x20d0, 0x20ff],
];
const NAME_CHARACTER = inJsonString(complement(NOT_IN_NAMES), []) ?? '';
const NAME_START = inJsonString(complement([...NOT_IN_NAMES, ...MARKS]), []) ?? '';
const NAME_LABEL = `${NAME_START} ("-"? ${NAME_CHARACTER}){0,62}`;
const PUNYCODE = '[xX] [nN] "--" [a-zA-Z0-9\\-]{0,58} [a-zA-Z0-9]';
const IDN_LABEL = `(${NAME_LABEL} | ${PUNYCODE})`;
export const IDN_HOSTNAME = `${IDN_LABEL} ([.\\u3002\\uff0e\\uff61] ${IDN_LABEL})*`;

/** Plain characters of a URI: unreserved and sub-delims. */
const PLAIN = "a-zA-Z0-9._~!$&'()*+,;=\\-";
/** Further plain characters of an IRI: ucschar, and private ones. */
const UNICODE = '\\U000000a0-\\U0010ffff';
const SCHEME = '[a-zA-Z] [a-zA-Z0-9+.\\-]{0,31} ":"';

/** Expressions for a URI and for a reference, or for an IRI with more plain characters. */
function references(more: string): { readonly absolute: string; readonly any: string } {
  const one = (characters: string): string => `([${characters}${PLAIN}${more}] | ${ESCAPED})`;
  const [segment, first] = [one(':@'), one('@')];
  const authority = `(${one(':')}* "@")? ("[" ${IPV6} "]" | ${one('')}*) (":" [0-9]*)?`;
  const path = `("/" ${segment}*)*`;
  const rooted = `"/" (${segment}+ ${path})?`;
  const ending = `("?" ${one(':@/?')}*)? ("#" ${one(':@/?')}*)?`;
  const located = `"//" ${authority} ${path} | ${rooted}`;
  // The RFC admits a scheme alone, which common validators refuse.
  const absolute = `${SCHEME} (${located} | ${segment}+ ${path}) ${ending}`;
  const relative = `(${located} | ${first}+ ${path})? ${ending}`;
  return { absolute, any: `(${absolute} | ${relative})` };
}

export const URI = references('');
export const IRI = references(UNICODE);

const VARIABLE_CHARACTER = `([a-zA-Z0-9_] | ${ESCAPED})`;
const VARIABLE = `${VARIABLE_CHARACTER} ("."? ${VARIABLE_CHARACTER})* (":" [1-9] [0-9]{0,3} | "*")?`;
const EXPRESSION = `"{" [+#./;?&]? ${VARIABLE} ("," ${VARIABLE})* "}"`;
const LITERAL = String.raw`[^\x00-\x20"%<>\\\x5e\x60{|}\x7f]`;
export const URI_TEMPLATE = `(${LITERAL} | ${ESCAPED} | ${EXPRESSION})*`;
