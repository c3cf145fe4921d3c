import { plain } from '../plain.ts';
import type { CallLayout, TemplateLayout } from './layout.ts';
import { endOfBegun, namedAnswer, namedThinking, namedTokens } from './named-tags.ts';
import { instructedCalls } from './instructed-calls.ts';
import { observeBlocks, observeResult } from './observe-blocks.ts';
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
  const blocks = observeBlocks(observed, namedThinking(source, observed.prompt));
  const { thinking, turnEnd } = blocks;
  const ending = thinking && endOfBegun(thinking.close);
  const answer =
    (blocks.answer && { ...blocks.answer, always: true }) ??
    (ending === undefined ? namedAnswer(source) : { open: '', close: ending, always: false });
  const calls = observeCalls(observed, blocks);
  const listsTools = observed.instructions !== undefined;
  const readable =
    calls !== undefined && isReadable(calls)
      ? withQuotes(calls, source)
      : instructedCalls(observed.instructions);
  const resultOpen = calls && observeResult(observed, turnEnd);
  const isUsual = thinking === undefined || thinking.open === plain.thinking?.open;
  if (isUsual && answer === undefined && readable === undefined && !listsTools) return undefined;
  return {
    turnEnd,
    listsTools,
    tokens: namedTokens(source),
    ...(thinking && { thinking }),
    ...(answer && { answer }),
    ...(readable && { calls: readable }),
    ...(resultOpen !== undefined && { resultOpen }),
  };
}

/** Calls whose arguments may be in the quotes of XML, if the source of the template names these. */
function withQuotes(calls: CallLayout, source: string): CallLayout {
  const { body } = calls;
  if (body.style !== 'parameters' || !source.includes(QUOTE.open)) return calls;
  return { ...calls, body: { ...body, parameters: { ...body.parameters, quote: QUOTE } } };
}

const QUOTE = { open: '<![CDATA[', close: ']]>' } as const;

/** True if calls can be distinguished from text. */
function isReadable({ section, call, body }: CallLayout): boolean {
  return isDistinct(section.open + call.open) || !['pairs', 'parameters'].includes(body.style);
}
