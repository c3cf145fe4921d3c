/**
 * White space where a grammar leaves it open. It follows the text, and replaces rules of `json.ts` in the forced text,
 * so that names and punctuation of JSON are one text.
 */
export interface Layout {
  /** Continues after a character of the text. */
  accept(character: string): void;

  /**
   * Text that replaces a rule at this place; undefined if the rule stays as it is.
   *
   * @param mayClose returns true if the grammar admits a closing bracket here
   */
  textOf(rule: string, mayClose: () => boolean): string | undefined;

  /** Returns a layout that continues on its own from here. */
  copy(): Layout;
}

/** Layout of grammars whose white space is left to the model. */
export const NO_LAYOUT: Layout = {
  accept: () => undefined,
  textOf: () => undefined,
  copy: () => NO_LAYOUT,
};

/** JSON on one line, as most chat templates write it. */
export class OneLineLayout implements Layout {
  #last: string;

  constructor(last = '') {
    this.#last = last;
  }

  accept(character: string): void {
    this.#last = character;
  }

  textOf(rule: string): string | undefined {
    switch (rule) {
      case 'colon':
        return ': ';
      case 'separator':
        return ', ';
      case 'space':
      case 'json-space':
        return this.#last === ':' || this.#last === ',' ? ' ' : '';
      default:
        return undefined;
    }
  }

  copy(): Layout {
    return new OneLineLayout(this.#last);
  }
}

/**
 * Layout that the model itself chose in this text. White space that it wrote at a place is repeated at the same place
 * of the next entry or item, so that only the first one is decoded token by token.
 */
export class ObservedLayout implements Layout {
  /** White space by place. Places are named by path, so that all items of an array share theirs. */
  readonly #observed: Map<string, string>;
  readonly #place: JsonPlace;

  constructor(place = new JsonPlace(), observed: ReadonlyMap<string, string> = new Map()) {
    this.#place = place;
    this.#observed = new Map(observed);
  }

  accept(character: string): void {
    const place = this.#place;
    if (!place.inString && !isWhite(character)) {
      const { last } = place;
      const closes = '}]'.includes(character);
      const isEmpty = closes && isOpening(last);
      if (!isEmpty && (closes || isOpening(last) || ',:'.includes(last))) {
        this.#observed.set(this.#nameOf(closes ? 'end' : last), place.white);
      }
    }
    place.accept(character);
  }

  textOf(rule: string, mayClose: () => boolean): string | undefined {
    const { last, white, inString } = this.#place;
    if (white !== '' || inString) return undefined;
    switch (rule) {
      case 'colon':
        return this.#after(':');
      case 'separator':
        return this.#after(',');
      case 'space':
        if (last === ',') return this.#whiteAfter(last);
        if (!isOpening(last)) return this.#observed.get(this.#nameOf('end'));
        // White space would suggest an entry to a model that may want none.
        return mayClose() ? undefined : this.#observed.get(this.#nameOf(last));
      default:
        return undefined;
    }
  }

  copy(): Layout {
    return new ObservedLayout(this.#place.copy(), this.#observed);
  }

  #after(character: string): string | undefined {
    const white = this.#whiteAfter(character);
    return white === undefined ? undefined : character + white;
  }

  #whiteAfter(character: string): string | undefined {
    const white = this.#observed.get(this.#nameOf(character));
    if (white !== undefined || character !== ',') return white;
    // Where the first entry is on a line of its own, the others are too.
    const first = this.#observed.get(this.#nameOf(this.#place.path.slice(-1)));
    return first?.includes('\n') === true ? first : undefined;
  }

  #nameOf(place: string): string {
    return `${this.#place.path} ${place}`;
  }
}

/** Place in a JSON text. */
class JsonPlace {
  /** Paths of the open objects and arrays. */
  readonly #open: string[];
  /** Last character that is not white space. */
  last = '';
  /** White space after it. */
  white = '';
  inString = false;
  #isEscaped = false;
  /** Present or last string, which may be the name of an entry. */
  #string = '';

  constructor(open: readonly string[] = []) {
    this.#open = [...open];
  }

  /** Path of the innermost open object or array. */
  get path(): string {
    return this.#open.at(-1) ?? '';
  }

  accept(character: string): void {
    if (this.inString) this.#acceptInString(character);
    else if (isWhite(character)) this.white += character;
    else this.#acceptOutside(character);
  }

  copy(): JsonPlace {
    const copy = new JsonPlace(this.#open);
    copy.last = this.last;
    copy.white = this.white;
    copy.inString = this.inString;
    copy.#isEscaped = this.#isEscaped;
    copy.#string = this.#string;
    return copy;
  }

  #acceptInString(character: string): void {
    if (character === '"' && !this.#isEscaped) this.inString = false;
    else this.#string += character;
    this.#isEscaped = character === '\\' && !this.#isEscaped;
  }

  #acceptOutside(character: string): void {
    this.last = character;
    this.white = '';
    if (character === '"') {
      this.inString = true;
      this.#string = '';
    } else if (isOpening(character)) {
      const name = this.path.endsWith('{') ? this.#string : '';
      this.#open.push(this.path + name + character);
    } else if ('}]'.includes(character)) {
      this.#open.pop();
    }
  }
}

function isWhite(character: string): boolean {
  return /\s/.test(character);
}

function isOpening(character: string): boolean {
  return character === '{' || character === '[';
}
