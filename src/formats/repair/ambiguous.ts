/** Strings of a JSON-like text; the last one may lack its end. */
const STRINGS = /"[^"\\]*(?:\\[^][^"\\]*)*"?|'[^'\\]*(?:\\[^][^'\\]*)*'?/g;

/** Text outside of strings that has no one reading. */
const AMBIGUOUS = [
  /** A member without a value, or a number that JSON does not have. */
  /:\s*[,}\]]|[:[,]\s*[-+]?(?:NaN|Infinity)\s*(?:[,}\]]|$)/,
  /** Values that are left out. */
  /\.{3}|…/,
  /** Strings side by side: Python's three quotes, or quotes in a string. */
  /["']{3}/,
  /** An apostrophe in a string in single quotes. */
  /''\s*[^\s,:}\]/+]/,
];

/** Last key of a text that ends before its value; in a list, such a string is a value. */
const LAST_KEY = /[{,]\s*(?:""|'')$/;
const LAST_NULL = /null[\s}\]]*$/;

/** Returns true if a malformed JSON text has several readings, of which a repair would choose one. */
export function isAmbiguous(text: string): boolean {
  const outside = outsideStrings(text);
  return AMBIGUOUS.some((pattern) => pattern.test(outside));
}

/** Returns true if a repair made up the value of the last key. */
export function lacksLastValue(text: string, repaired: string): boolean {
  return LAST_NULL.test(repaired) && LAST_KEY.test(outsideStrings(text));
}

function outsideStrings(text: string): string {
  return text.replace(STRINGS, ([quote = '']) => quote + quote);
}
