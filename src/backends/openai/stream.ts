import type { HttpAnswer } from '../http.ts';
import { parseJson } from '../said.ts';
import { errorEventFailure, protocolFailure, refusalFailure } from './failures.ts';
import type { Question } from './failures.ts';
import { readText } from '../lines.ts';
import { readChunk } from './protocol.ts';
import type { ChatChunk } from './protocol.ts';
import { readError } from './said-error.ts';
import { readEvents } from './sse.ts';

const MAX_TEXT_BYTES = 64 * 1024;

/** The events of a streamed answer, those that arrive together in one piece. Throws where one is an error, or none of a completion. */
export async function* readChunks(
  answer: HttpAnswer,
  question: Question,
): AsyncGenerator<readonly ChatChunk[], void> {
  if (answer.mediaType !== 'text/event-stream') throw await unexpected(answer, question);
  for await (const events of readEvents(answer.body)) {
    const chunks: ChatChunk[] = [];
    try {
      for (const data of events) chunks.push(toChunk(data, question));
    } finally {
      // Also those before one that fails.
      if (chunks.length > 0) yield chunks;
    }
  }
}

function toChunk(data: string, question: Question): ChatChunk {
  const value = parseJson(data);
  const error = readError(value);
  if (error !== undefined) throw errorEventFailure(error, question);
  const chunk = readChunk(value);
  if (chunk !== undefined) return chunk;
  throw protocolFailure('sent an event that is no answer, or only half of one', question);
}

/** Some servers refuse with status 200. */
async function unexpected(answer: HttpAnswer, question: Question) {
  return refusalFailure({ ...answer, body: await readText(answer.body, MAX_TEXT_BYTES) }, question);
}
