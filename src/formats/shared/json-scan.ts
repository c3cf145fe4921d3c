/** Finds the end of a JSON value by its strings and brackets. */
export class JsonScan {
  #depth = 0;
  #inString = false;
  #escaped = false;
  begun = false;
  complete = false;

  /** True if a value without brackets or quotes has begun. Only the text after it shows its end. */
  get bare(): boolean {
    return this.begun && this.#depth === 0 && !this.#inString;
  }

  /** Returns the number of characters of the text that belong to the value. */
  advance(text: string): number {
    for (let index = 0; index < text.length; index++) {
      const character = text.charAt(index);
      if (!this.#inString && this.#depth === 0 && this.begun && /[\s,\]}<]/.test(character)) {
        return index;
      }
      this.begun = true;
      this.#read(character);
      if (this.complete) return index + 1;
    }
    return text.length;
  }

  #read(character: string): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (character === '\\') this.#escaped = true;
      else if (character === '"') this.#close();
      return;
    }
    if (character === '"') this.#inString = true;
    else if (character === '{' || character === '[') this.#depth++;
    else if (character === '}' || character === ']') {
      this.#depth--;
      this.complete = this.#depth <= 0;
    }
  }

  #close(): void {
    this.#inString = false;
    this.complete = this.#depth === 0;
  }
}
