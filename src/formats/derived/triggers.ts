import type { CallLayout, Mark, TemplateLayout } from './layout.ts';
import { SLOT } from './layout.ts';
import { goesOn, isTag, segmentsOf } from './segments.ts';

/** A text that begins calls, and the rest of the text before the first name. */
export interface Trigger {
  readonly text: string;
  readonly rest: Mark;
}

/** Signs of a mark: parts of tags, letters beyond ASCII, doubled signs, or a word right before a bracket or colon. */
const SIGNS = /[<>|`]|\[[A-Z]|\P{ASCII}|([[{@#$%&*=~^+!?-])\1|\w{5}[[({:]/u;

/** True for a text that no answer has by chance. */
export function isDistinct(mark: Mark): boolean {
  return /[^\s[\]{}()"':,]{3,}/.test(mark) && SIGNS.test(mark);
}

/** A beginning of calls with the name of the tool in it, such as ` to=search<|message|>`. */
export interface NamedTrigger {
  readonly before: string;
  readonly after: string;
  readonly rest: Mark;
}

/** The beginning of calls if only the name in it distinguishes it from other text. */
export function namedTrigger({ section, call }: CallLayout): NamedTrigger | undefined {
  const opening = section.open + call.open;
  const [before = '', ...after] = opening.split(SLOT.name);
  const segments = segmentsOf(after.join(SLOT.name));
  const tag = segments.findIndex(isTag);
  if (tag === -1 || segmentsOf(before).some(isTag)) return undefined;
  return {
    before,
    after: segments.slice(0, tag + 1).join(''),
    rest: segments.slice(tag + 1).join(''),
  };
}

/** The texts that begin calls, the one that a template writes first. */
export function triggersOf(calls: CallLayout, layout: TemplateLayout): readonly Trigger[] {
  const opening = (calls.section.open + calls.call.open).trimStart();
  // Marks without a header that names a tool are text, such as an example in a message to the user.
  if (namedTrigger(calls) !== undefined) return [];
  const first = firstTrigger(opening, layout);
  const others = [calls.call.open.trimStart(), lastPart(opening)]
    .filter((text) => text !== '' && text !== opening && isTagged(text))
    .map((text) => firstTrigger(text, layout));
  const texts = new Map([first, ...others].toReversed().map((trigger) => [trigger.text, trigger]));
  return [...texts.values()].toReversed();
}

/** The shortest beginning that no other block and no end of a turn begins with. */
function firstTrigger(opening: Mark, { thinking, answer, turnEnd }: TemplateLayout): Trigger {
  const others = [thinking?.open, answer?.open, thinking?.close, turnEnd].map((text) =>
    text?.trim(),
  );
  const [literalPart = ''] = opening.split(new RegExp(`[${Object.values(SLOT).join('')}]`, 'u'));
  const segments = segmentsOf(literalPart);
  let text = '';
  for (const [index, segment] of segments.entries()) {
    text += segment;
    const begun = text;
    const isWhole = isTag(segment) && !goesOn(segment, segments[index + 1]);
    if (isWhole && !others.some((other) => other?.startsWith(begun) === true)) {
      return { text, rest: opening.slice(text.length) };
    }
  }
  const whole = literalPart.trimEnd();
  return { text: whole, rest: opening.slice(whole.length) };
}

/** The beginning of a tag right before a name: `<function=` of `<tool_call>\n<function=`. */
export function lastPart(opening: Mark): Mark {
  const part = opening.slice(opening.lastIndexOf('<'));
  return /^<[^>\uE000-\uE002]*$/u.test(part) ? part : '';
}

function isTagged(text: string): boolean {
  return /^[<[]/.test(text) && isDistinct(text);
}
