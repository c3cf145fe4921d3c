import { RuntimeFailure } from '../../core/failure.ts';
import { readText } from '../../net/read-text.ts';
import { unreachable } from '../../net/http-client.ts';
import type { HttpAnswer, HttpClient } from '../../net/http-client.ts';
import { readLines } from '../../net/lines.ts';
import { ProgressBound } from '../../net/progress-bound.ts';
import { parseJson } from '../../core/one-line.ts';
import {
  errorLineFailure,
  OLLAMA_SERVER,
  ollamaProtocolFailure,
  ollamaRefusalFailure,
} from './failures.ts';
import type { OllamaQuestion } from './failures.ts';
import {
  readAllocated,
  readOllamaChunk,
  readDescription,
  readOllamaError,
  readTags,
} from './protocol.ts';
import type {
  OllamaChunk,
  OllamaListedModel,
  ModelDescription,
  OllamaChatRequest,
} from './protocol.ts';

/** Describing a model reads a file; a server that takes longer hangs. */
const SHOW_TIMEOUT_MS = 10_000;

/** The list of what runs only refines the context: older versions lack it. */
const PS_TIMEOUT_MS = 2_000;

/** One token's line has some 150 bytes; a whole answer in one has less than this. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** A template, a license and the metadata of a tokenizer take less. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** The address of a path under a server's base URL, which may lack its scheme as OLLAMA_HOST does. */
function endpoint(baseUrl: string, path: string): string {
  const base = baseUrl.includes('://') ? baseUrl : `http://${baseUrl}`;
  return `${base.replace(/(?<!\/)\/+$/, '')}/${path}`;
}

/** What a model is. Throws `model-not-found` where the server does not have it. */
export async function showModel(
  http: HttpClient,
  question: OllamaQuestion,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const late = AbortSignal.timeout(SHOW_TIMEOUT_MS);
  try {
    const answer = await http.post(
      endpoint(question.url, 'api/show'),
      { model: question.model },
      AbortSignal.any([signal, late]),
    );
    const description = readDescription(await readWhole(answer, question));
    if (description === undefined)
      throw ollamaProtocolFailure('did not describe the model', question);
    return description;
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    throw unreachable(OLLAMA_SERVER, question.url, `no answer within ${SHOW_TIMEOUT_MS / 1000} s`);
  }
}

/** The models that a server has; undefined where it is no Ollama server. */
export async function fetchModels(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
): Promise<readonly OllamaListedModel[] | undefined> {
  const answer = await http.get(endpoint(url, 'api/tags'), signal);
  const text = await readText(answer.body, MAX_TEXT_BYTES);
  return isJson(answer) ? readTags(parseJson(text)) : undefined;
}

/** The context in tokens that a model has in memory now; undefined if it is not there, or not told. */
export async function allocatedContext(
  http: HttpClient,
  { url, model }: OllamaQuestion,
  signal: AbortSignal,
): Promise<number | undefined> {
  const late = AbortSignal.timeout(PS_TIMEOUT_MS);
  try {
    const answer = await http.get(endpoint(url, 'api/ps'), AbortSignal.any([signal, late]));
    const text = await readText(answer.body, MAX_TEXT_BYTES);
    const running = isJson(answer) ? readAllocated(parseJson(text)) : undefined;
    return running?.get(model) ?? running?.get(`${model}:latest`);
  } catch (error) {
    const isCancelled = error instanceof RuntimeFailure && error.code === 'cancelled';
    if (isCancelled && !late.aborted) throw error;
    return undefined;
  }
}

/** One answer in one piece. */
export async function chatWhole(
  http: HttpClient,
  request: OllamaChatRequest,
  question: OllamaQuestion,
  signal: AbortSignal,
): Promise<OllamaChunk> {
  const answer = await http.post(endpoint(question.url, 'api/chat'), request, signal);
  return toChunk(await readWhole(answer, question), question);
}

/** An answer as it comes; its last chunk has an end. Throws where it stops before. */
export async function* chatStream(
  http: HttpClient,
  request: OllamaChatRequest,
  question: OllamaQuestion,
  signal: AbortSignal,
): AsyncGenerator<OllamaChunk, void> {
  const answer = await http.post(endpoint(question.url, 'api/chat'), request, signal);
  if (!isJson(answer)) throw await unexpected(answer, question);
  const bound = new ProgressBound();
  for await (const line of readLines(bound.watch(answer.body), MAX_LINE_BYTES)) {
    const chunk = toChunk(parseJson(line), question);
    if (chunk.text !== '' || chunk.thinking !== '' || chunk.calls.length > 0) bound.advance();
    yield chunk;
    if (chunk.end !== undefined) return;
  }
  // Ollama itself ends so where a model repeats one token over and over.
  throw ollamaProtocolFailure('ended its answer without saying that it is done', question);
}

function toChunk(value: unknown, question: OllamaQuestion): OllamaChunk {
  const said = readOllamaError(value);
  if (said !== undefined) throw errorLineFailure(said, question);
  const chunk = readOllamaChunk(value);
  if (chunk === undefined) {
    throw ollamaProtocolFailure('sent a line that is no answer, or only half of one', question);
  }
  return chunk;
}

async function readWhole(answer: HttpAnswer, question: OllamaQuestion): Promise<unknown> {
  if (!isJson(answer)) throw await unexpected(answer, question);
  return parseJson(await readText(answer.body, MAX_TEXT_BYTES));
}

function isJson({ status, mediaType }: HttpAnswer): boolean {
  return status === 200 && ['application/json', 'application/x-ndjson'].includes(mediaType);
}

async function unexpected(answer: HttpAnswer, question: OllamaQuestion): Promise<RuntimeFailure> {
  return ollamaRefusalFailure(
    { ...answer, body: await readText(answer.body, MAX_TEXT_BYTES) },
    question,
  );
}
