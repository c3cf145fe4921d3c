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

/** The events of a streamed answer. Throws where one is an error, or no event of a completion. */
export async function* readChunks(
  answer: HttpAnswer,
  question: Question,
): AsyncGenerator<ChatChunk, void> {
  if (answer.mediaType !== 'text/event-stream') throw await unexpected(answer, question);
  for await (const data of readEvents(answer.body)) {
    const value = parseJson(data);
    const error = readError(value);
    if (error !== undefined) throw errorEventFailure(error, question);
    const chunk = readChunk(value);
    if (chunk === undefined) {
      throw protocolFailure('sent an event that is no answer, or only half of one', question);
    }
    yield chunk;
  }
}

/** Some servers refuse with status 200. */
async function unexpected(answer: HttpAnswer, question: Question) {
  return refusalFailure({ ...answer, body: await readText(answer.body, MAX_TEXT_BYTES) }, question);
}
