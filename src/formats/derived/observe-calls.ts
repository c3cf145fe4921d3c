import type { CallRegions, FoundCall } from './found-call.ts';
import type { CallBody, CallLayout, Mark, OtherMember } from './layout.ts';
import { SLOT } from './layout.ts';
import { findObject } from './observe-json.ts';
import { observeParameters } from './observe-parameters.ts';
import type { ObservedBlocks } from './observe-blocks.ts';
import { withoutThinking } from './observe-blocks.ts';
import { PROBED, PROBED_QUOTED } from './observations.ts';
import type { Observations } from './observations.ts';
import {
  goesOn,
  isTag,
  mergeNumbers,
  segmentsOf,
  sharedEnd,
  sharedStart,
  withoutStart,
} from './segments.ts';

/** Finds the layout of calls; undefined if the renderings show none that can be described. */
export function observeCalls(
  observed: Observations,
  blocks: ObservedBlocks,
): CallLayout | undefined {
  const cut = (rendering: string | undefined) =>
    rendering === undefined ? undefined : regionOf(rendering, blocks);
  const call = cut(observed.call);
  if (call === undefined) return undefined;
  const regions = {
    call,
    calls: cut(observed.calls),
    twoKeys: cut(observed.twoKeys),
    kinds: cut(observed.kinds),
    isEscaped: observed.quoted?.includes(JSON.stringify(PROBED_QUOTED)) === true,
  };
  const one = findCall(regions, call, 0, PROBED.value);
  if (one === undefined) return undefined;
  const before = repeatedName(call.slice(0, one.from));
  const after = repeatedName(call.slice(one.to));
  const several = regions.calls === undefined ? undefined : repetition(regions, one);
  if (several === undefined) {
    // A call in a message of its own ends as the message does, if it has no other end.
    const end = firstTagOf(blocks.turnEnd);
    const endsTurn = after.trim() === '' && !before.trimStart().startsWith(end);
    return finished(one.body, {
      section: { open: '', close: '' },
      call: { open: before, close: endsTurn ? end : after.trim() },
      separator: '',
      parallel: false,
    });
  }
  return finished(several.body, divided(before, after, several.between));
}

/** A turn of calls, without its head, empty blocks before the calls, and the end of the turn. */
function regionOf(rendering: string, { head, thinking, answer, turnEnd }: ObservedBlocks): string {
  const turn = withoutStart(rendering, head);
  const called = withoutThinking(turn, thinking);
  const empty = answer === undefined ? '' : answer.open + answer.close;
  const own = empty !== '' && called.startsWith(empty) ? called.slice(empty.length) : called;
  const ending = sharedEnd(own, turnEnd);
  const ended = own.slice(0, own.length - ending.length);
  // Some templates write more turns after the one of the calls.
  const first = firstTagOf(turnEnd);
  const last = Math.max(ended.lastIndexOf(PROBED.value), ended.lastIndexOf(PROBED.otherValue));
  const end = first === '' ? -1 : ended.indexOf(first, last);
  return end === -1 ? ended : ended.slice(0, end);
}

function firstTagOf(text: string): string {
  const [first] = segmentsOf(text.trimStart());
  return first !== undefined && isTag(first) ? first : '';
}

/** The call with this value at or after a place. */
function findCall(
  regions: CallRegions,
  region: string,
  start: number,
  value: string,
): FoundCall | undefined {
  const object = findObject(region, start, value);
  if (object !== undefined) return object;
  const name = region.lastIndexOf(PROBED.tool, region.indexOf(value, start));
  if (name < start) return undefined;
  const from = name + PROBED.tool.length;
  return (
    findPython(region, name, from, value) ??
    findPairs(region, name, from, value) ??
    observeParameters(regions, region, name, value)
  );
}

function findPython(
  region: string,
  name: number,
  from: number,
  value: string,
): FoundCall | undefined {
  const pattern = new RegExp(String.raw`^\(\s*${PROBED.key}\s*=\s*(["'])${value}\1\s*\)`);
  const match = pattern.exec(region.slice(from));
  if (match === null) return undefined;
  return { body: { style: 'python' }, from: name, to: from + match[0].length };
}

function findPairs(
  region: string,
  name: number,
  from: number,
  value: string,
): FoundCall | undefined {
  const pattern = new RegExp(String.raw`^\{${PROBED.key}:([^{}\s]{1,20})${value}([^\s{}]{1,20})\}`);
  const match = pattern.exec(region.slice(from));
  if (match === null || match[1] === undefined || match[1] !== match[2]) return undefined;
  return {
    body: { style: 'pairs', quote: match[1] },
    from: name,
    to: from + match[0].length,
  };
}

/** Two calls of one turn, and what is between them. */
function repetition(
  regions: CallRegions,
  one: FoundCall,
): { readonly body: CallBody; readonly between: Mark } | undefined {
  const region = regions.calls ?? '';
  const first = findCall(regions, region, 0, PROBED.value);
  if (first === undefined || first.body.style !== one.body.style) return undefined;
  const second = findCall(regions, region, first.to, PROBED.otherValue);
  if (second === undefined) return undefined;
  const body = mergeBodies(first.body, second.body);
  const between = repeatedName(region.slice(first.to, second.from));
  return body === undefined ? undefined : { body, between };
}

/** One body of two calls, with slots for the numbers in which they differ. */
function mergeBodies(one: CallBody, other: CallBody): CallBody | undefined {
  if (one.style === 'json' && other.style === 'json') {
    const between = mergeNumbers(one.between, other.between);
    return between === undefined ? undefined : { ...one, between };
  }
  if (one.style === 'parameters' && other.style === 'parameters') {
    const nameEnd = mergeNumbers(one.nameEnd, other.nameEnd);
    return nameEnd === undefined ? undefined : { ...one, nameEnd };
  }
  if (one.style !== 'object' || other.style !== 'object') return one;
  const others = one.others.map((member, index) => mergeMembers(member, other.others[index]));
  return { ...one, others };
}

/** One member of two calls; a constant in which they differ is a number or an id. */
function mergeMembers(one: OtherMember, other: OtherMember | undefined): OtherMember {
  if (JSON.stringify(one) === JSON.stringify(other)) return one;
  const isNumber = 'constant' in one.value && /^"?\d+"?$/.test(JSON.stringify(one.value.constant));
  return { ...one, value: { slot: isNumber ? 'number' : 'id' } };
}

/** The texts around one call and between two, separated by their repetition. */
function divided(before: Mark, after: Mark, between: Mark): Omit<CallLayout, 'body'> {
  const open = sharedEnd(before, between);
  const restOfBetween = between.slice(0, between.length - open.length);
  const close = sharedStart(after, restOfBetween);
  const sectionOpen = before.slice(0, before.length - open.length);
  return {
    section: {
      open: sectionOpen,
      // Without a section this is another end of the turn.
      close: sectionOpen.trim() === '' ? '' : after.slice(close.length).trim(),
    },
    call: { open, close: close.trim() },
    separator: restOfBetween.slice(close.length),
    parallel: true,
  };
}

/** A text with a slot for each name of the tool: some templates write it as a recipient too. */
function repeatedName(text: string): Mark {
  return text.replaceAll(PROBED.tool, SLOT.name);
}

/** A layout whose parameters end with the first mark after them. */
function finished(body: CallBody, layout: Omit<CallLayout, 'body'>): CallLayout | undefined {
  if (body.style !== 'parameters') return { ...layout, body };
  const { call, section } = layout;
  const inCall = call.close !== '';
  const [end, rest] = firstMark(inCall ? call.close : section.close);
  if (end === '') return undefined;
  return {
    ...layout,
    ...(inCall ? { call: { ...call, close: rest } } : { section: { ...section, close: rest } }),
    body: { ...body, parameters: { ...body.parameters, end } },
  };
}

/** The first mark of several, up to white space or the next tag. */
function firstMark(marks: Mark): readonly [first: Mark, rest: Mark] {
  const segments = segmentsOf(marks.trim());
  const next = segments.findIndex((segment, index) => {
    const previous = segments[index - 1];
    const isEnded = previous !== undefined && isTag(previous) && !goesOn(previous, segment);
    return index > 0 && (/\s/.test(segment) || isEnded);
  });
  const first = segments.slice(0, next === -1 ? segments.length : next).join('');
  return [first, marks.trim().slice(first.length).trim()];
}
