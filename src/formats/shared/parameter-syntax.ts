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
  readonly close: string;
  /** Marks that models may write around text, such as `<![CDATA[` and `]]>`. */
  readonly quote?: { readonly open: string; readonly close: string };
  /** Text after `close` and the name, if the closing mark repeats the name. */
  readonly closeEnd?: string;
  /**
   * Name of a list's items, if objects and lists have marks for their members as the arguments have. Absent if
   * they are JSON.
   */
  readonly itemName?: string;
  /** White space after `close`. */
  readonly separator: '' | '\n';
  /** Text after the last argument, in place of `open`. */
  readonly end: string;
  /** Texts after `end`. If `end` is missing, one of them ends the call. */
  readonly afterEnd?: readonly string[];
}
