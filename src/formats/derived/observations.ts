/** Words that renderings of probes are searched for. */
export const PROBED = {
  tool: 'probe_call',
  key: 'probe_key',
  otherKey: 'probe_other',
  answer: 'PROBE-A',
  thought: 'PROBE-T',
  value: 'PROBE-C',
  otherValue: 'PROBE-D',
  result: 'PROBE-R',
} as const;

/** Arguments of other types than text. */
export const PROBED_KINDS = {
  probe_number: 7,
  probe_flag: true,
  probe_object: { a: 1 },
  probe_list: [1],
} as const;

/** An argument with a character that JSON escapes. */
export const PROBED_QUOTED = 'PROBE-C"Q';

/** Forms of the kinds: as JSON, or as Python prints them. */
export const WRITTEN_KINDS: Readonly<Record<keyof typeof PROBED_KINDS, readonly string[]>> = {
  probe_number: ['7'],
  probe_flag: ['true', 'True'],
  probe_object: ['{"a": 1}', '{"a":1}', "{'a': 1}"],
  probe_list: ['[1]'],
};

/**
 * A turn of the model as a template renders it, after the user's words. Each is absent if the template refuses
 * it or loses a part of it.
 */
export interface Observations {
  /** Nothing yet: what a prompt ends with. */
  readonly prompt: string;
  readonly text: string;
  /** Text that a tool adds to a prompt, if the template lists tools. */
  readonly instructions?: string | undefined;
  /** Thinking, then text. */
  readonly thought?: string | undefined;
  /** Thinking, then a call. */
  readonly thoughtCall?: string | undefined;
  /** Text, then a call. */
  readonly textCall?: string | undefined;
  /** A call with one text as its argument. */
  readonly call?: string | undefined;
  /** Two such calls. */
  readonly calls?: string | undefined;
  /** A call with two texts. */
  readonly twoKeys?: string | undefined;
  /** A call with arguments of other types. */
  readonly kinds?: string | undefined;
  /** A call with a text that has a quotation mark. */
  readonly quoted?: string | undefined;
  /** A call with one text, then its result. */
  readonly result?: string | undefined;
}
