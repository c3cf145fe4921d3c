import { isRecord } from '../core/json.ts';

/** Variables of a rendering. */
type Variables = Readonly<Record<string, unknown>>;

/** Change of the variables to what a template takes. */
export type Adaptation = (variables: Variables) => Variables;

const unchanged: Adaptation = (variables) => variables;

/** Words for templates that demand a system message and refuse an empty one. */
const SYSTEM_WORDS = 'You are a helpful assistant.';

/** Roles whose content may have to be a list of parts. */
const PARTED_ROLES: readonly ReadonlySet<unknown>[] = [
  new Set(['system', 'user', 'assistant', 'tool']),
  new Set(['system', 'user', 'assistant']),
  new Set(['user']),
];

/**
 * Adaptations for a template that can't render messages with text as their content, the smallest changes first:
 * content as a list of parts, a system message at the beginning, and `none` for undefined names.
 *
 * @param source the template in Jinja
 */
export function adaptationsFor(source: string): readonly Adaptation[] {
  const choices = [
    [unchanged, ...PARTED_ROLES.map((roles) => withParts(roles))],
    [unchanged, withSystem(''), withSystem(SYSTEM_WORDS)],
    [unchanged, withNames(lookedFor(source))],
  ];
  return choices
    .reduce<readonly (readonly Adaptation[])[]>(
      (combined, steps) => combined.flatMap((before) => steps.map((step) => [...before, step])),
      [[]],
    )
    .map((steps) => steps.filter((step) => step !== unchanged))
    .toSorted((one, other) => one.length - other.length)
    .map((steps) => (variables) => steps.reduce((changed, step) => step(changed), variables));
}

/** Passes the content of messages as a list of parts. */
function withParts(roles: ReadonlySet<unknown>): Adaptation {
  return ({ messages, ...others }) => ({ ...others, messages: listOf(messages).map(parted) });

  function parted(message: unknown): unknown {
    if (!isRecord(message) || !roles.has(message['role'])) return message;
    const { content } = message;
    if (content === null) return { ...message, content: [] };
    return typeof content === 'string'
      ? { ...message, content: [{ type: 'text', text: content }] }
      : message;
  }
}

/** Begins conversations without a system message with one. */
function withSystem(content: string): Adaptation {
  return ({ messages, ...others }) => {
    const [first, ...rest] = listOf(messages);
    const leading =
      isRecord(first) && first['role'] === 'system' ? [] : [{ role: 'system', content }];
    return { ...others, messages: [...leading, ...(first === undefined ? [] : [first, ...rest])] };
  };
}

/** Defines names as `none`: Jinja in Python finds an undefined name in no list, other implementations fail. */
function withNames(names: readonly string[]): Adaptation {
  const none = Object.fromEntries(names.map((name) => [name, null] as const));
  return (variables) => ({ ...none, ...variables });
}

/** Names that a template looks for in lists, as in `name in […]` and `name not in […]`, but not in loops. */
function lookedFor(source: string): readonly string[] {
  // Words with what is between them, as a pattern for the whole would try each white space again.
  const words = source.split(/\b/).filter((part) => part.trim() !== '');
  const names = words.flatMap((word, index) => {
    if (word !== 'in') return [];
    const at = words[index - 1] === 'not' ? index - 2 : index - 1;
    const before = words[at - 1] ?? '';
    const name = words[at] ?? '';
    return /^[A-Za-z_]\w*$/.test(name) && !/^for$|\.$/.test(before.trim()) ? [name] : [];
  });
  return [...new Set(names)];
}

function listOf(messages: unknown): readonly unknown[] {
  return Array.isArray(messages) ? messages : [];
}
