import { plain } from '../plain.ts';
import type { BlockTags, CallLayout, TemplateLayout } from './layout.ts';
import { observeBlocks } from './observe-blocks.ts';
import { observeCalls } from './observe-calls.ts';
import type { Observations } from './observations.ts';
import { isDistinct } from './triggers.ts';

/**
 * Describes how a template lays out answers, by renderings of probes; undefined if they show nothing but text
 * and thinking in the usual tags.
 *
 * @param source the template in Jinja, which may name tags of thinking that no rendering shows
 */
export function describeLayout(observed: Observations, source: string): TemplateLayout | undefined {
  const blocks = observeBlocks(observed, namedThinking(source));
  const { thinking, answer, turnEnd } = blocks;
  const calls = observeCalls(observed, blocks);
  const readable = calls !== undefined && isReadable(calls) ? calls : undefined;
  const isUsual = thinking === undefined || thinking.open === plain.thinking?.open;
  if (isUsual && answer === undefined && readable === undefined) return undefined;
  return {
    turnEnd,
    ...(thinking && { thinking }),
    ...(answer && { answer }),
    ...(readable && { calls: readable }),
  };
}

/** True if calls can be distinguished from text. */
function isReadable({ section, call, body }: CallLayout): boolean {
  return isDistinct(section.open + call.open) || !['pairs', 'parameters'].includes(body.style);
}

/** A tag whose name says that it is about thinking. */
const TAG =
  /<\|?[\w:]*(?:think|thought|reason|inner)[\w:]*\|?>|\[\w*(?:THINK|THOUGHT|REASON)\w*\]/gi;

/** Words of an opening tag, and those in their place in the closing one. */
const PAIRS = [
  ['prefix', 'suffix'],
  ['START', 'END'],
  ['start', 'end'],
  ['BEGIN', 'END'],
  ['begin', 'end'],
  ['open', 'close'],
  [/^</, '</'],
  [/^\[/, '[/'],
] as const;

/** Tags of a source that are tried. */
const MOST_TAGS = 20;

/** The tags of thinking that the source of a template names as a pair; undefined if there is none. */
function namedThinking(source: string): BlockTags | undefined {
  for (const open of [...new Set(source.match(TAG))].slice(0, MOST_TAGS)) {
    for (const [word, counterpart] of PAIRS) {
      const close = open.replace(word, counterpart);
      if (close !== open && source.includes(close)) return { open, close };
    }
  }
  return undefined;
}
