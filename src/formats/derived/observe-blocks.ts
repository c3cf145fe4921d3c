import type { BlockTags } from './layout.ts';
import { PROBED } from './observations.ts';
import type { Observations } from './observations.ts';
import { isTag, segmentsOf, sharedEnd, sharedStart, withoutStart } from './segments.ts';

/** Tags of an answer's blocks, and the texts around the whole turn. */
export interface ObservedBlocks {
  /** Beginning of every turn of the model. */
  readonly head: string;
  readonly thinking: BlockTags | undefined;
  readonly answer: BlockTags | undefined;
  /** End of a turn of text. */
  readonly turnEnd: string;
}

/** Tags that nearly all models think in, for templates that show no thinking. */
const USUAL_THINKING: BlockTags = { open: '<think>', close: '</think>' };

/** A prompt that exceeds the answer's head by more characters has instructions in front of the answer. */
const MOST_OPENED = 60;

/**
 * Finds the tags around thinking and around answers.
 *
 * @param named the tags of thinking for templates that show none
 */
export function observeBlocks(
  observed: Observations,
  named: BlockTags | undefined,
): ObservedBlocks {
  const [beforeText = '', afterText = ''] = observed.text.split(PROBED.answer);
  const head = headOf(observed, beforeText);
  const textLead = beforeText.slice(head.length);
  const thinking = observeThinking(observed, head, textLead) ?? named;
  const open = opener(withoutThinking(textLead, thinking));
  const close = open === '' ? '' : closeOfAnswer(observed, head, afterText, thinking);
  const closed = afterText.trimStart();
  return {
    head,
    thinking,
    answer: open === '' ? undefined : { open, close },
    turnEnd: closed.startsWith(close) ? closed.slice(close.length) : afterText,
  };
}

/** Text that opens a block; white space at its end belongs to it only after a word. */
function opener(text: string): string {
  return /\w\s+$/.test(text) ? text.trimStart() : text.trim();
}

/** The part of a turn after an empty block of thinking, or after a single tag of one. */
export function withoutThinking(text: string, thinking: BlockTags | undefined): string {
  const { open, close } = thinking ?? USUAL_THINKING;
  const opened = text.trimStart();
  const inside = opened.startsWith(open) ? opened.slice(open.length) : opened;
  if (inside.trimStart().startsWith(close)) return inside.trimStart().slice(close.length);
  return inside === opened ? text : inside;
}

function headOf({ prompt, call }: Observations, beforeText: string): string {
  const shared = beforeText.startsWith(prompt) ? prompt : sharedStart(prompt, beforeText);
  const [restOfPrompt, restOfText] = [prompt, beforeText].map((text) => text.slice(shared.length));
  // Some templates end their prompts with instructions, which no answer of the past has.
  const instructed =
    restOfPrompt !== undefined &&
    restOfText !== undefined &&
    restOfPrompt.length > restOfText.length + MOST_OPENED;
  const head = instructed ? beforeText : shared;
  return call === undefined || call.startsWith(head) ? head : sharedStart(head, call);
}

function observeThinking(
  { prompt, thought, thoughtCall, call }: Observations,
  head: string,
  textLead: string,
): BlockTags | undefined {
  const shown = thought?.includes(PROBED.thought) === true ? thought : thoughtCall;
  const [before, after] = shown?.split(PROBED.thought) ?? [];
  if (before === undefined || after === undefined) return undefined;
  const [between = ''] = after.split(shown === thought ? PROBED.answer : PROBED.tool);
  const close =
    shown === thought
      ? closeBeforeText(between, textLead)
      : firstTag(between, call?.slice(head.length) ?? '');
  if (close === undefined || close === '') return undefined;
  const own = withoutStart(before, head).trim();
  if (own !== '') return { open: own, close };
  const open = lastTag(before, close) ?? withoutStart(prompt, head).trim();
  return open === '' ? undefined : { open, close };
}

/** Text that closes thinking before an answer, whose own opening tag follows. */
function closeBeforeText(between: string, textLead: string): string | undefined {
  const lead = textLead.trimStart();
  if (lead !== '' && between.endsWith(lead) && between.trim() !== lead.trim()) {
    return between.slice(0, -lead.length).trim();
  }
  return lead === '' ? between.trim() : firstTag(between, '');
}

/** The tag that a text begins with; undefined if there is none, or if it opens a call. */
function firstTag(text: string, callLead: string): string | undefined {
  const [first] = segmentsOf(text.trimStart());
  if (first === undefined || !isTag(first)) return undefined;
  return callLead.trimStart().startsWith(first) ? undefined : first;
}

/** The tag at the end of a text that opens what `close` closes: both have a word in common. */
function lastTag(text: string, close: string): string | undefined {
  const segments = segmentsOf(text.trimEnd());
  const words = close.match(/[a-z]{3,}/gi) ?? [];
  const ends = [segments.slice(-1), segments.slice(-3)].map((some) => some.join(''));
  return ends.find((end) => end.startsWith('<') && words.some((word) => end.includes(word)));
}

/** Text that closes an answer, before a turn's end or a call. */
function closeOfAnswer(
  { call, textCall }: Observations,
  head: string,
  afterText: string,
  thinking: BlockTags | undefined,
): string {
  const ending = call === undefined ? afterText : sharedEnd(afterText, call);
  const own = afterText.slice(0, afterText.length - ending.length).trim();
  if (own !== '' && ending.trim() !== '') return own;
  const [, rest = ''] = textCall?.split(PROBED.answer) ?? [];
  const lead = call?.slice(head.length).split(PROBED.tool)[0] ?? '';
  const [beforeName = ''] = rest.split(PROBED.tool);
  if (lead === '' || !beforeName.endsWith(lead)) return '';
  const closed = beforeName.slice(0, beforeName.length - lead.length).trim();
  // A block that another one follows may end otherwise than the last one, as thinking does.
  const [first = ''] = segmentsOf(closed);
  const next = closed.slice(first.length);
  return next !== '' && thinking?.close.endsWith(next) === true ? thinking.close : closed;
}

/**
 * The tag that opens a result in the turn of the calls. Models write it, because only it ends such a turn. Undefined if
 * the turn ends before the result, or if the tag also begins other messages.
 */
export function observeResult(observed: Observations, turnEnd: string): string | undefined {
  const { prompt, text, call, calls, result } = observed;
  if (call === undefined || result === undefined) return undefined;
  const shared = sharedStart(call, result);
  const place = shared.lastIndexOf(PROBED.value);
  const [end = ''] = segmentsOf(turnEnd.trimStart());
  if (place === -1 || (isTag(end) && shared.includes(end, place))) return undefined;
  const [before = ''] = result.slice(shared.length).split(PROBED.result);
  const [tag = ''] = segmentsOf(before.trimStart());
  const isNew = [prompt, text, call, calls ?? ''].every((other) => !other.includes(tag));
  return isTag(tag) && isNew ? tag : undefined;
}
