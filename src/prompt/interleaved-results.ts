import type { TemplateMessage } from './template-message.ts';

/** Messages with each result right after its call. Results of the last call of an answer keep their place. */
export function interleaved(messages: readonly TemplateMessage[]): readonly TemplateMessage[] {
  return exchangesOf(messages).flatMap(({ answer, results, next }) => [
    ...withResults(answer, results),
    ...next,
  ]);
}

/** Messages of an answer, the results after them, and the message after these. */
interface Exchange {
  readonly answer: TemplateMessage[];
  readonly results: ToolMessage[];
  readonly next: TemplateMessage[];
}

type ToolMessage = Extract<TemplateMessage, { readonly role: 'tool' }>;

function exchangesOf(messages: readonly TemplateMessage[]): readonly Exchange[] {
  const exchanges: Exchange[] = [];
  for (const message of messages) {
    const last = exchanges.at(-1);
    const isNew = last === undefined || last.next.length > 0;
    const isAnswer = message.role === 'assistant';
    const begins = isNew || (isAnswer && last.results.length > 0);
    const current = begins ? { answer: [], results: [], next: [] } : last;
    if (begins) exchanges.push(current);
    if (message.role === 'tool') current.results.push(message);
    else (isAnswer ? current.answer : current.next).push(message);
  }
  return exchanges;
}

function withResults(
  answer: readonly TemplateMessage[],
  results: readonly ToolMessage[],
): readonly TemplateMessage[] {
  const last = answer.findLastIndex((message) => callIds(message).length > 0);
  const earlier = new Set(answer.slice(0, Math.max(last, 0)).flatMap(callIds));
  const byCall = new Map<string, ToolMessage[]>();
  for (const result of results) {
    const given = byCall.get(result.tool_call_id);
    if (given === undefined) byCall.set(result.tool_call_id, [result]);
    else given.push(result);
  }
  return [
    ...answer.flatMap((message, index) => [
      message,
      ...(index < last ? callIds(message).flatMap((id) => byCall.get(id) ?? []) : []),
    ]),
    ...results.filter(({ tool_call_id: id }) => !earlier.has(id)),
  ];
}

function callIds(message: TemplateMessage): readonly string[] {
  return message.role === 'assistant' ? (message.tool_calls ?? []).map(({ id }) => id) : [];
}
