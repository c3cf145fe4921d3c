import { RuntimeFailure } from '../../core/failure.ts';
import { readText } from '../../net/read-text.ts';
import { unreachable } from '../../net/http-client.ts';
import type { HttpAnswer, HttpClient } from '../../net/http-client.ts';
import { readLines } from '../../net/lines.ts';
import { ProgressBound } from '../../net/progress-bound.ts';
import { parseJson } from '../../core/json.ts';
import {
  errorLineFailure,
  OLLAMA_SERVER,
  ollamaProtocolFailure,
  ollamaRefusalFailure,
} from './failures.ts';
import type { OllamaRequestContext } from './failures.ts';
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

/** Timeout of a model's description, which only reads a file. */
const SHOW_TIMEOUT_MS = 10_000;

/** Timeout of the list of loaded models. It only refines the context, and older versions lack it. */
const PS_TIMEOUT_MS = 2_000;

/** The line of a token has some 150 bytes; a complete answer in one line has less than this. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** More than a template, a license and the metadata of a tokenizer take. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** URL of a path under a server's base URL, whose scheme is optional as in OLLAMA_HOST. */
function endpoint(baseUrl: string, path: string): string {
  const base = baseUrl.includes('://') ? baseUrl : `http://${baseUrl}`;
  return `${base.replace(/(?<!\/)\/+$/, '')}/${path}`;
}

/** Requests the description of a model. Throws `model-not-found` if the server does not have it. */
export async function showModel(
  http: HttpClient,
  requestContext: OllamaRequestContext,
  signal: AbortSignal,
): Promise<ModelDescription> {
  const late = AbortSignal.timeout(SHOW_TIMEOUT_MS);
  try {
    const answer = await http.post(
      endpoint(requestContext.url, 'api/show'),
      { model: requestContext.model },
      AbortSignal.any([signal, late]),
    );
    const description = readDescription(await readWhole(answer, requestContext));
    if (description === undefined)
      throw ollamaProtocolFailure('did not describe the model', requestContext);
    return description;
  } catch (error) {
    if (!late.aborted || signal.aborted) throw error;
    throw unreachable(
      OLLAMA_SERVER,
      requestContext.url,
      `no answer within ${SHOW_TIMEOUT_MS / 1000} s`,
    );
  }
}

/** Lists the models of a server; undefined if it is not an Ollama server. */
export async function fetchModels(
  http: HttpClient,
  url: string,
  signal: AbortSignal,
): Promise<readonly OllamaListedModel[] | undefined> {
  const answer = await http.get(endpoint(url, 'api/tags'), signal);
  const text = await readText(answer.body, MAX_TEXT_BYTES);
  return isJson(answer) ? readTags(parseJson(text)) : undefined;
}

/** Requests the context in tokens of a loaded model; undefined if it is not loaded, or not reported. */
export async function allocatedContext(
  http: HttpClient,
  { url, model }: OllamaRequestContext,
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

/** Requests a non-streamed answer. */
export async function chatWhole(
  http: HttpClient,
  request: OllamaChatRequest,
  requestContext: OllamaRequestContext,
  signal: AbortSignal,
): Promise<OllamaChunk> {
  const answer = await http.post(endpoint(requestContext.url, 'api/chat'), request, signal);
  return toChunk(await readWhole(answer, requestContext), requestContext);
}

/** Requests a streamed answer. Its last chunk has an end. Throws if the stream stops before that. */
export async function* chatStream(
  http: HttpClient,
  request: OllamaChatRequest,
  requestContext: OllamaRequestContext,
  signal: AbortSignal,
): AsyncGenerator<OllamaChunk, void> {
  const answer = await http.post(endpoint(requestContext.url, 'api/chat'), request, signal);
  if (!isJson(answer)) throw await unexpected(answer, requestContext);
  const bound = new ProgressBound();
  for await (const line of readLines(bound.watch(answer.body), MAX_LINE_BYTES)) {
    const chunk = toChunk(parseJson(line), requestContext);
    if (chunk.text !== '' || chunk.thinking !== '' || chunk.calls.length > 0) bound.advance();
    yield chunk;
    if (chunk.end !== undefined) return;
  }
  // Ollama ends the stream in this way if a model repeats one token many times.
  throw ollamaProtocolFailure('ended its answer before it was done', requestContext);
}

function toChunk(value: unknown, requestContext: OllamaRequestContext): OllamaChunk {
  const said = readOllamaError(value);
  if (said !== undefined) throw errorLineFailure(said, requestContext);
  const chunk = readOllamaChunk(value);
  if (chunk === undefined) {
    throw ollamaProtocolFailure(
      'sent a line that is not an answer, or only a part of one',
      requestContext,
    );
  }
  return chunk;
}

async function readWhole(
  answer: HttpAnswer,
  requestContext: OllamaRequestContext,
): Promise<unknown> {
  if (!isJson(answer)) throw await unexpected(answer, requestContext);
  return parseJson(await readText(answer.body, MAX_TEXT_BYTES));
}

function isJson({ status, mediaType }: HttpAnswer): boolean {
  return status === 200 && ['application/json', 'application/x-ndjson'].includes(mediaType);
}

async function unexpected(
  answer: HttpAnswer,
  requestContext: OllamaRequestContext,
): Promise<RuntimeFailure> {
  return ollamaRefusalFailure(
    { ...answer, body: await readText(answer.body, MAX_TEXT_BYTES) },
    requestContext,
  );
}
