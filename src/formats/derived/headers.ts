import type { CallableTool, ChatFormat, ToolSyntax } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { readArguments, takeTool } from '../shared/calls.ts';
import { joinedTools } from '../shared/joined-tools.ts';
import type { Reading, Source } from '../shared/reader.ts';
import { furtherExpression, readFurther } from './call-sequence.ts';
import type { CallLayout, TemplateLayout } from './layout.ts';
import { specialTokensOf } from './segments.ts';

/** Characters between the name of a tool and the end of a header. */
const MOST_HEADER = 60;

/** Header of a message between two tokens, such as `<|channel|>commentary json<|message|>`. */
interface Header {
  readonly open: string;
  readonly word: string;
  readonly close: string;
}

/**
 * The header of calls if thinking and answers are in messages with headers too. Models then write the recipient of
 * a call into the header, and text before a call as a message with the same header but no recipient.
 */
function headerOf({ thinking, answer, calls }: TemplateLayout): Header | undefined {
  if (calls?.body.style !== 'json') return undefined;
  const { between } = calls.body;
  const [open = '', close = ''] = specialTokensOf(between);
  const word = /^\w+/.exec(between.slice(open.length))?.[0];
  const isHeader = (text = '') => text.startsWith(open) && text.endsWith(close);
  const isUsed = open !== '' && close !== '' && isHeader(thinking?.open) && isHeader(answer?.open);
  return isUsed && isHeader(between) && word !== undefined ? { open, word, close } : undefined;
}

/** The tokens around headers, if thinking and answers begin with such as `<|open|>think<|sep|>`. */
export function headerTokens({ thinking, answer }: TemplateLayout): ChatFormat['header'] {
  const [first, second] = [thinking?.open, answer?.open].map(unitOf);
  if (first === undefined || second === undefined || first.close !== second.close) return undefined;
  const ends = [thinking?.close, answer?.close].map(unitOf);
  const units = [first, second, ...ends].filter((unit) => unit?.close === first.close);
  return { open: [...new Set(units.flatMap((unit) => unit?.open ?? []))], close: first.close };
}

/** The tokens of a mark that consists of two of them and words between them. */
function unitOf(mark = ''): { readonly open: string; readonly close: string } | undefined {
  const [open = '', close = '', ...others] = specialTokensOf(mark);
  const words = mark.trim().slice(open.length, -close.length);
  const isUnit = close !== '' && others.length === 0 && mark.trim() === open + words + close;
  return isUnit && /\w/.test(words) ? { open, close } : undefined;
}

/** Tokens of headers and of what ends their messages that are no text alone. */
export function tokensOfHeaders(layout: TemplateLayout): readonly string[] {
  const { open = [], close } = headerTokens(layout) ?? {};
  if (close === undefined) return [];
  const ends = `${layout.thinking?.close ?? ''}${layout.answer?.close ?? ''}`;
  return [close, ...specialTokensOf(ends)].filter((token) => !open.includes(token));
}

/** Marks of messages with headers that are no text: headers without a recipient, and what is between two messages. */
export function headerMarks(layout: TemplateLayout): readonly string[] {
  const header = headerOf(layout);
  if (header === undefined) return [];
  const ends = [layout.thinking?.close ?? '', layout.answer?.close ?? ''];
  const nexts = ends.map((end) => end.slice(specialTokensOf(end)[0]?.length));
  const marks = [header.open + header.word + header.close, ...ends, ...nexts];
  return [...new Set(marks)].filter((mark) => mark !== '');
}

/**
 * The syntax of calls, also with their recipient in the header of the message if messages have headers. Each call is
 * then a message of its own.
 */
export function withHeaders(
  layout: TemplateLayout,
  own: CallLayout,
  create: (calls: CallLayout) => ToolSyntax,
): ToolSyntax {
  const header = headerOf(layout);
  if (header === undefined) return create(own);
  const calls = { ...own, separator: '', parallel: false };
  return joinedTools(create(calls), {
    triggers: [`${header.open}${header.word} ${(calls.section.open + calls.call.open).trim()}`],
    *read(source, tools) {
      if (!(yield* readCall(source, tools, header))) return false;
      yield* readFurther(source, tools, calls, false);
      return true;
    },
    grammar: (tools, rules) => callExpression(rules, tools, header, calls),
  });
}

function* readCall(
  source: Source,
  tools: readonly CallableTool[],
  { close }: Header,
): Reading<boolean> {
  const called = yield* takeTool(source, tools, ' ', '<');
  if (called === undefined) return false;
  source.rewind(source.place - called.end.length);
  const rest = yield* source.readUntil(close);
  if (rest === undefined || rest.text.length > MOST_HEADER) return false;
  return yield* readArguments(source, called.tool.name);
}

function callExpression(
  rules: GrammarRules,
  tools: readonly CallableTool[],
  { close }: Header,
  calls: CallLayout,
): string {
  const words = '[a-z ]{0,20}';
  const header = rules.define(
    'header',
    `${words} ("<|" [a-z]{1,20} "|>" ${words})? ${literal(close)}`,
  );
  const named = tools.map(({ name, inputSchema }) =>
    rules.define(`call-${name}`, `${literal(name)} ${header} ${defineSchema(rules, inputSchema)}`),
  );
  return `${oneOf(named)} ${furtherExpression(rules, tools, calls, { parallel: false })}`;
}
