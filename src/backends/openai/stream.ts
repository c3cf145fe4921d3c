import type { HttpAnswer } from '../../net/http-client.ts';
import { isRecord, parseJson } from '../../core/json.ts';
import { errorEventFailure, protocolFailure, refusalFailure } from './failures.ts';
import type { UpstreamRequestContext } from './failures.ts';
import { ProgressBound } from '../../net/progress-bound.ts';
import { readText } from '../../net/read-text.ts';
import { readChunk, readWhole } from './protocol.ts';
import type { ChatChunk } from './protocol.ts';
import { readError } from './said-error.ts';
import type { SaidError } from './said-error.ts';
import { readLineGroups } from '../../net/lines.ts';

const MAX_TEXT_BYTES = 64 * 1024;

/** Limit of a non-streamed answer. It has few tokens, but its server may add details about each one. */
const MAX_WHOLE_BYTES = 8 * 1024 * 1024;

/** Handles an error that a server reports inside an answer, before the failure is thrown. */
type OnError = (error: SaidError) => void;

/**
 * Reads the events of an answer, streamed or not. Events that arrive together are one item. Events without
 * content are left out, so that an error after them still comes first. Throws if an event is an error, or not
 * one of a completion.
 */
export async function* readChunks(
  answer: HttpAnswer,
  requestContext: UpstreamRequestContext,
  onError: OnError,
): AsyncGenerator<readonly ChatChunk[], void> {
  if (answer.mediaType !== 'text/event-stream') {
    yield [{ ...(await readInOnePiece(answer, requestContext, onError)), inOnePiece: true }];
    return;
  }
  const bound = new ProgressBound();
  for await (const events of readEvents(bound.watch(answer.body))) {
    // The rest may be half a line.
    if (bound.isLeft) return;
    const chunks: ChatChunk[] = [];
    try {
      for (const data of events) {
        const chunk = toChunk(data, requestContext, onError);
        if (hasContent(chunk)) chunks.push(chunk);
      }
    } finally {
      if (chunks.some(isProgress)) bound.advance();
      if (chunks.some(({ finishReason = '' }) => finishReason !== '')) bound.finish();
      // Pass on the events before a failing one too.
      if (chunks.length > 0) yield chunks;
    }
  }
}

function isProgress({ text, thinking, calls, prefill }: ChatChunk): boolean {
  return text !== '' || thinking !== '' || calls.length > 0 || prefill !== undefined;
}

function hasContent(chunk: ChatChunk): boolean {
  return isProgress(chunk) || chunk.finishReason !== undefined || chunk.usage !== undefined;
}

function toChunk(
  data: string,
  requestContext: UpstreamRequestContext,
  onError: OnError,
): ChatChunk {
  const value = parseJson(data);
  const error = readError(value);
  if (error !== undefined) {
    onError(error);
    throw errorEventFailure(error, requestContext);
  }
  const chunk = readChunk(value);
  if (chunk !== undefined) return chunk;
  throw protocolFailure(
    'sent an event that is not an answer, or only a part of one',
    requestContext,
  );
}

/** Reads a non-streamed answer. Some servers send errors with status 200. */
async function readInOnePiece(
  answer: HttpAnswer,
  requestContext: UpstreamRequestContext,
  onError: OnError,
): Promise<ChatChunk> {
  const most = answer.mediaType === 'application/json' ? MAX_WHOLE_BYTES : MAX_TEXT_BYTES;
  const body = await readText(answer.body, most);
  const value = parseJson(body);
  const error = readError(value);
  if (error !== undefined) onError(error);
  const whole = error === undefined ? readWhole(value) : undefined;
  if (whole !== undefined) return whole;
  if (error === undefined && isRecord(value) && 'choices' in value)
    throw protocolFailure('sent an answer without a message', requestContext);
  throw refusalFailure({ ...answer, body }, requestContext);
}

/** The event of a token has some 300 bytes; a call in one event has less than this. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * Reads the data of the events of an SSE stream. Events that arrive together are one item. `[DONE]` ends the
 * stream. No server of this API splits the data of an event into several lines; some write errors without
 * `data:`, or as `error:`.
 */
async function* readEvents(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[], void> {
  for await (const lines of readLineGroups(bytes, MAX_LINE_BYTES)) {
    const data = lines.flatMap((line) => dataOf(line) ?? []);
    const end = data.indexOf('[DONE]');
    yield end === -1 ? data : data.slice(0, end);
    if (end !== -1) return;
  }
}

function dataOf(line: string): string | undefined {
  const [, field, value = ''] = /^(data|error):\s*(.*)$/s.exec(line) ?? [];
  if (field === 'data') return value;
  if (field === 'error') return `{"error":${value}}`;
  const ignored = line.startsWith(':') || /^(event|id|retry):/.test(line);
  return ignored ? undefined : line;
}
