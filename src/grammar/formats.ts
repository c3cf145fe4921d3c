import {
  HOSTNAME,
  IDN_HOSTNAME,
  IPV4,
  IPV6,
  IRI,
  LABEL,
  URI,
  URI_TEMPLATE,
} from './address-formats.ts';

// Formats of JSON Schema that are cheap as a grammar (https://json-schema.org/draft/2020-12 section 7.3).
// Dates respect the length of months and leap years, as validators do.

const DAY_31 = '("0" [1-9] | [12] [0-9] | "3" [01])';
const DAY_30 = '("0" [1-9] | [12] [0-9] | "30")';
const DAY_28 = '("0" [1-9] | "1" [0-9] | "2" [0-8])';
const MONTH_AND_DAY = `(("0" [13578] | "1" [02]) "-" ${DAY_31} | ("0" [469] | "11") "-" ${DAY_30} | "02-" ${DAY_28})`;
const LEAP_YEAR =
  '([0-9]{2} ("0" [48] | [2468] [048] | [13579] [26]) | ([02468] [048] | [13579] [26]) "00")';
const DATE = `([0-9]{4} "-" ${MONTH_AND_DAY} | ${LEAP_YEAR} "-02-29")`;

const HOUR = '([01] [0-9] | "2" [0-3])';
const MINUTE = '[0-5] [0-9]';
const TIME = `${HOUR} ":" ${MINUTE} ":" ${MINUTE} ("." [0-9]{1,9})? ("Z" | [+\\-] ${HOUR} ":" ${MINUTE})`;

const HEX = '[0-9a-fA-F]';
const UUID = `${HEX}{8} "-" ${HEX}{4} "-" ${HEX}{4} "-" ${HEX}{4} "-" ${HEX}{12}`;

const WORD = "[a-zA-Z0-9!#$%&'*+/=?_`{|}~\\-]+";
const LOCAL_PART = `${WORD} ("." ${WORD})*`;

// https://www.rfc-editor.org/rfc/rfc3339#appendix-A
const COUNT = '[0-9]{1,18}';
const MINUTES = `${COUNT} "M" (${COUNT} "S")?`;
const DAYS = `${COUNT} "D"`;
const MONTHS = `${COUNT} "M" (${DAYS})?`;
const CLOCK = `"T" (${COUNT} "H" (${MINUTES})? | ${MINUTES} | ${COUNT} "S")`;
const CALENDAR = `(${COUNT} "Y" (${MONTHS})? | ${MONTHS} | ${DAYS})`;
const DURATION = `"P" (${CALENDAR} (${CLOCK})? | ${CLOCK} | ${COUNT} "W")`;

// https://www.rfc-editor.org/rfc/rfc6901; `"` and `\` are escaped, as in every JSON string.
const TOKEN_CHARACTER = String.raw`([^~/"\\\x00-\x1f] | "\\" ["\\bfnrt] | "~" [01])`;
const JSON_POINTER = `("/" ${TOKEN_CHARACTER}*)*`;
const RELATIVE_POINTER = `("0" | [1-9] [0-9]{0,8}) ("#" | ${JSON_POINTER})`;

// Non-ASCII characters are accepted, as in browsers: a model that writes one means it.
const URL_CHARACTER = String.raw`[^"\\\x00-\x20<>{}|\x5e\x60\x7f]`;
const URL = `[a-zA-Z] [a-zA-Z0-9+.\\-]{0,31} ":" ${URL_CHARACTER}+`;

/** Expressions for the content of a string, without its quotes, by format. */
export const STRING_FORMATS: ReadonlyMap<string, string> = new Map([
  ['date', DATE],
  ['time', TIME],
  ['date-time', `${DATE} "T" ${TIME}`],
  ['uuid', UUID],
  ['duration', DURATION],
  ['hostname', HOSTNAME],
  ['idn-hostname', IDN_HOSTNAME],
  ['email', `${LOCAL_PART} "@" ${LABEL} ("." ${LABEL})+`],
  ['ipv4', IPV4],
  ['ipv6', IPV6],
  ['uri', URI.absolute],
  ['uri-reference', URI.any],
  ['uri-template', URI_TEMPLATE],
  ['iri', IRI.absolute],
  ['iri-reference', IRI.any],
  ['url', URL],
  ['json-pointer', JSON_POINTER],
  ['relative-json-pointer', RELATIVE_POINTER],
]);
