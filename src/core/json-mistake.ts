/** Reason why a text can't be read as JSON, with the place in the text. */
export class JsonMistake extends Error {
  /** Characters before the mistake. */
  readonly offset: number;
  /** True if the text may be JSON, but exceeds a limit of the reader. */
  readonly exceedsLimit: boolean;

  constructor(reason: string, offset: number, exceedsLimit = false) {
    super(reason);
    this.offset = offset;
    this.exceedsLimit = exceedsLimit;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ESCAPED = '"\\/bfnrt';

/** Finds the first mistake of a JSON string whose opening quote is at `begin`. */
export function stringMistake(text: string, begin: number): JsonMistake {
  for (let at = begin + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) break;
    if (code < 0x20) return new JsonMistake('control character in string', at);
    if (code !== BACKSLASH) continue;
    if (text.charCodeAt(at + 1) === LETTER_U) {
      if (!isHex(text, at + 2)) return new JsonMistake('invalid unicode escape in string', at);
      at += 4;
    } else if (!ESCAPED.includes(text.charAt(at + 1))) {
      return new JsonMistake('invalid escaped character in string', at);
    }
    at += 1;
  }
  return new JsonMistake('unterminated string', begin);
}

/** Returns true if four hexadecimal digits begin here. */
function isHex(text: string, begin: number): boolean {
  for (let at = begin; at < begin + 4; at += 1) {
    const code = text.charCodeAt(at) | 0x20;
    const isDigit = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);
    if (!isDigit) return false;
  }
  return true;
}
