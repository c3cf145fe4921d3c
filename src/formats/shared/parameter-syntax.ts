/** Form of a value: raw text or JSON. */
export type ValueKind = 'text' | 'json';

export interface NameEnd {
  readonly mark: string;
  readonly kind?: ValueKind;
}

/** Syntax of separate arguments, such as `<parameter=city>\nParis\n</parameter>\n`. */
export interface ParameterSyntax {
  /** Text before the name. */
  readonly open: string;
  /** Texts between name and value. If one determines the form of the value, that form is used. */
  readonly nameEnds: readonly NameEnd[];
  /** Texts that models sometimes write there, although the template does not. */
  readonly looseNameEnds?: readonly NameEnd[];
  /** White space between `nameEnds` and the value, and between the value and `close`. */
  readonly layout: '' | '\n';
  /** Text after the value; empty if the next argument or the end of the call ends it. */
  readonly close: string;
  /** Strings are JSON too, in double quotes. */
  readonly strings?: 'json';
  /** Marks that models may write around text, such as `<![CDATA[` and `]]>`. */
  readonly quote?: {
    readonly open: string;
    readonly close: string;
    /** Text is always in the marks. */
    readonly always?: true;
  };
  /** Text after `close` and the name, if the closing mark repeats the name. */
  readonly closeEnd?: string;
  /**
   * Name of a list's items, if objects and lists have marks for their members as the arguments have. Absent if
   * they are JSON.
   */
  readonly itemName?: string;
  /** Text between two arguments. A line break may be after the last one too. */
  readonly separator: string;
  /** Text after the last argument, in place of `open`. */
  readonly end: string;
  /** Texts after `end`. If `end` is missing, one of them ends the call. */
  readonly afterEnd?: readonly string[];
}

/** Texts that end a value without a mark after it: what follows. */
export function followingMarks({ open, separator, end }: ParameterSyntax): readonly string[] {
  return [...new Set([separator, open, end])].filter((mark) => mark !== '');
}

/** The syntax of one argument: with its name in the closing mark, if that repeats it. */
export function closingOf(syntax: ParameterSyntax, name: string): ParameterSyntax {
  const { close, closeEnd } = syntax;
  return closeEnd === undefined ? syntax : { ...syntax, close: close + name + closeEnd };
}
