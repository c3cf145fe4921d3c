import type { ChatFormat, ThinkingTags, ToolSyntax, WrittenCall } from '../format.ts';
import { plain } from '../plain.ts';
import { bareTools } from './bare-calls.ts';
import { bodyExpression, readBody } from './call-bodies.ts';
import { furtherExpression, readFurther } from './call-sequence.ts';
import { headerMarks, headerTokens, tokensOfHeaders, withHeaders } from './headers.ts';
import { anyCalls, writeCalls } from './instructed-calls.ts';
import type { CallLayout, TemplateLayout } from './layout.ts';
import { isSpecialToken, isTag, isToken, segmentsOf } from './segments.ts';
import { SLOT } from './layout.ts';
import { markExpression, readMark } from './mark-text.ts';
import { isAboutCalls } from './named-tags.ts';
import { isDistinct, namedTrigger, triggersOf } from './triggers.ts';
import type { NamedTrigger, Trigger } from './triggers.ts';

/** Characters of a turn's end that are searched for tokens. */
const MOST_ENDING = 200;

/** Name of the formats that no file describes. */
const DERIVED = 'derived';

/** The format of a template by what its renderings show; thinking is in the usual tags if they show none. */
export function derivedFormat(layout: TemplateLayout): ChatFormat {
  const { answer, calls, resultOpen } = layout;
  const thinking = layout.thinking ?? usualThinking(calls);
  const tools = toolsOf(layout);
  const header = headerTokens(layout);
  const marks = JSON.stringify(calls ?? '');
  // Messages to the user have the tokens of a header too.
  const named = (calls && namedTrigger(calls)?.after) ?? '';
  const tokens = layout.tokens.filter(
    (token) => !isAboutCalls(token) && (named.includes(token) || !marks.includes(token)),
  );
  const results = resultOpen !== undefined && isToken(resultOpen) ? [resultOpen] : [];
  const stray = [
    ...new Set([
      ...endingTexts(layout),
      ...headerMarks(layout),
      ...tokensOfHeaders(layout),
      ...tokens,
      ...results,
    ]),
  ];
  return {
    name: DERIVED,
    recognises: () => false,
    ...(thinking && { thinking }),
    ...(answer && { answer }),
    ...(tools && { tools }),
    ...(stray.length > 0 && { stray }),
    ...(header && { header }),
  };
}

/** Tags of thinking for a template that shows none: in square brackets if those of its calls are. */
function usualThinking(calls: CallLayout | undefined): ThinkingTags | undefined {
  const isBracketed =
    calls !== undefined && /^\s*\[[A-Z]/.test(calls.section.open + calls.call.open);
  return isBracketed ? { open: '[THINK]', close: '[/THINK]' } : plain.thinking;
}

/** Texts that a model writes before the token that ends its turn; that token itself is no text. */
function endingTexts({ turnEnd, thinking, answer }: TemplateLayout): readonly string[] {
  const blocks = [thinking, answer].flatMap((tags) => (tags ? [tags.open, tags.close] : []));
  const segments = segmentsOf(turnEnd.slice(0, MOST_ENDING)).filter((each) => each.trim() !== '');
  const other = segments.findIndex((segment) => !isToken(segment));
  const tokens = segments.slice(0, other === -1 ? segments.length : other);
  const texts = tokens.filter(
    (token, index) => !isSpecialToken(token) || index < tokens.length - 1,
  );
  return [...new Set(texts)].filter((text) => !blocks.some((tag) => tag.startsWith(text)));
}

function toolsOf(layout: TemplateLayout): ToolSyntax | undefined {
  const { calls, listsTools, resultOpen = '' } = layout;
  if (calls === undefined) return listsTools ? anyCalls : undefined;
  const tools = isDistinct(calls.section.open + calls.call.open)
    ? markedTools(calls, layout)
    : withHeaders(layout, calls, (one) => bareTools(one, layout.tokens));
  const isCall = tools.triggers.some((trigger) => trigger.startsWith(resultOpen));
  return {
    ...tools,
    ...(calls.isUnrendered === true && {
      write: (some: readonly WrittenCall[]) => writeCalls(calls, some),
    }),
    ...(!isCall && resultOpen !== '' && { resultOpen }),
  };
}

/** Tags after calls, which close nothing without them. */
function closingsOf({ call, section, body }: CallLayout): readonly string[] {
  const end = body.style === 'parameters' ? body.parameters.end : '';
  const segments = [end, call.close, section.close].flatMap(segmentsOf);
  return [...new Set(segments)].filter((one) => isTag(one) && !one.includes(SLOT.name));
}

/** Beginnings of calls inside a message: with the name of the tool in its header, or without a header. */
function withoutHeader({ before, after, rest }: NamedTrigger): readonly Trigger[] {
  const opening = SLOT.name + after + rest;
  const [first = ''] = segmentsOf(rest);
  return [
    { text: before, rest: opening },
    { text: before.trim(), rest: opening },
    ...(isTag(first) ? [{ text: first, rest: rest.slice(first.length) }] : []),
  ];
}

/** Calls that begin with a text of their own. */
function markedTools(calls: CallLayout, layout: TemplateLayout): ToolSyntax {
  const triggers = triggersOf(calls, layout);
  const named = namedTrigger(calls);
  const first = named?.before ?? triggers[0]?.text;
  const openings = new Map(triggers.map(({ text, rest }) => [text, rest]));
  const unmarked = named === undefined ? [] : withoutHeader(named);
  for (const { text, rest } of unmarked) openings.set(text, rest);
  const openingOf = (trigger: string) => openings.get(trigger) ?? named?.rest ?? '';
  return {
    triggers: triggers.map(({ text }) => text),
    closings: closingsOf(calls),
    ...(named && {
      triggersAtStart: (tools) =>
        tools.map(({ name }) => named.before.trimStart() + name + named.after),
      triggersInThinking: unmarked.map(({ text }) => text),
      forced: named.before,
    }),
    *read(source, tools, trigger) {
      const opened = yield* readMark(source, openingOf(trigger));
      if (!opened || !(yield* readBody(source, tools, calls.body))) return false;
      yield* readFurther(source, tools, calls, false);
      return true;
    },
    grammar(tools, rules, { trigger, parallel }) {
      const opening = markExpression(rules, openingOf(trigger));
      const isPartial = openings.has(trigger) && trigger !== first;
      const further = furtherExpression(rules, tools, calls, { parallel, isPartial });
      return `${opening} ${bodyExpression(rules, tools, calls.body)} ${further}`;
    },
  };
}
