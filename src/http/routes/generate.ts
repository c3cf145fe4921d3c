import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { GenerationEvent } from '../../core/events.ts';
import { inSlices } from '../../core/steps.ts';
import type { Admitted, Runtime } from '../../pipeline/runtime.ts';
import type {
  AnswerStream,
  BodyReader,
  CountRoute,
  DecodedRequest,
  GenerateRoute,
} from '../../wires/wire.ts';
import { useBody } from '../body.ts';
import { EventStream } from '../event-stream.ts';
import type { SilenceLimits } from '../event-stream.ts';
import type { RateLimiter } from '../rate-limits.ts';
import { recordFailure } from '../failures.ts';
import { disconnectSignal, requestIdOf, summaryOf } from '../request-state.ts';
import { WaitLog } from '../wait-log.ts';
import { admitted } from './generation.ts';

export interface GenerateOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Aborts when the server stops accepting requests. */
  readonly closing: AbortSignal;
  /** Aborts running requests when the server stops. */
  readonly stopping: AbortSignal;
  /** Default: no limit. */
  readonly limiter?: RateLimiter;
  /** Default: limits that suit known clients. */
  readonly silence?: SilenceLimits;
}

export interface GenerateHandlers {
  readonly answer: (route: GenerateRoute) => RequestHandler;
  readonly count: (route: CountRoute) => RequestHandler;
}

/** Creates the handlers of routes that accept conversations. */
export function createGenerateHandlers(options: GenerateOptions): GenerateHandlers {
  const waits = new WaitLog(options.logger);
  return {
    answer: (route) => createAnswerHandler(route, waits, options),
    count: (route) => createCountHandler(route, options),
  };
}

function createAnswerHandler(
  route: GenerateRoute,
  waits: WaitLog,
  options: GenerateOptions,
): RequestHandler {
  const { runtime, logger, closing, stopping, limiter } = options;
  return async (request, response) => {
    limiter?.admit(request, response);
    const signal = disconnectSignal(response, stopping);
    const decoded = await decodedBody(request, response, route, { signal, closing });
    const id = requestIdOf(request);
    const generation = await runtime.generate(
      decoded.modelName,
      { ...decoded.request, id, ...(!decoded.stream && { whole: true }) },
      signal,
    );
    note(request, response, decoded, generation, logger);
    const events = await admitted(generation, request, waits, decoded.request.maxTokens);
    if (decoded.stream) {
      const answer = decoded.createStream();
      await stream(events, answer, { ...options, request, response, signal });
    } else sendJson(response, await decoded.encodeWhole(events));
  };
}

function createCountHandler(
  route: CountRoute,
  { runtime, logger, closing, stopping }: GenerateOptions,
): RequestHandler {
  return async (request, response) => {
    const signal = disconnectSignal(response, stopping);
    const decoded = await decodedBody(request, response, route, { signal, closing });
    const counted = { ...decoded.request, id: requestIdOf(request) };
    const count = await runtime.countTokens(decoded.modelName, counted, signal);
    note(request, response, decoded, count, logger);
    const { tokens, originalTokens = decoded.request.edits && tokens } = count;
    response.json(route.encode({ tokens, originalTokens }));
  };
}

async function decodedBody<Decoded>(
  request: Request,
  response: Response,
  { parse, decode }: BodyReader<Decoded>,
  { signal, closing }: { readonly signal: AbortSignal; readonly closing: AbortSignal },
): Promise<Decoded> {
  // Not `async`: an async function would keep the text in memory until the end.
  const read = (text: string) =>
    inSlices(parse(text), signal).then((body) => inSlices(decode(body, request.headers), signal));
  return useBody(request, response, read, { closing });
}

function sendJson(response: Response, text: string): void {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

interface StreamContext extends Pick<GenerateOptions, 'logger' | 'silence'> {
  readonly request: Request;
  readonly response: Response;
  readonly signal: AbortSignal;
}

/** Streams an answer. The status is 200 from here on: a failure is an event of the stream. */
async function stream(
  events: AsyncGenerator<GenerationEvent>,
  answer: AnswerStream,
  { request, response, signal, logger, silence }: StreamContext,
): Promise<void> {
  const output = new EventStream(response, answer, signal, silence);
  try {
    for await (const event of events) await output.write(answer.push(event));
    output.end(answer.end());
  } catch (error) {
    recordFailure(error, request, logger);
    output.end(answer.fail(error, requestIdOf(request)));
  }
}

/** Records the model of a request, and what of the request has no effect, for the log line. */
function note(
  request: Request,
  response: Response,
  decoded: DecodedRequest,
  { resolution, unused }: Admitted,
  logger: Logger,
): void {
  const { name } = resolution.model.spec;
  const summary = summaryOf(request);
  summary.model = name;
  const ignored = [...decoded.ignored, ...unused];
  if (ignored.length > 0) summary.ignored = ignored;
  if (resolution.via === 'stand-in') {
    logger.info({ id: requestIdOf(request) }, `${name} stands in for ${decoded.modelName}`);
  }
  response.setHeader('portico-model', encodeURI(name));
}
