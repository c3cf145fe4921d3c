import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { GenerationEvent } from '../../core/events.ts';
import { newMessageId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import { inSlices } from '../../core/steps.ts';
import type { Generation, Runtime } from '../../pipeline/runtime.ts';
import { decodeCountTokens, decodeMessages } from '../../wires/anthropic/decode.ts';
import type { DecodedRequest } from '../../wires/anthropic/decode.ts';
import { encodeMessage } from '../../wires/anthropic/encode-message.ts';
import { createStreamEncoder } from '../../wires/anthropic/encode-stream.ts';
import type { EncodeOptions } from '../../wires/anthropic/encode-stream.ts';
import { encodeFailureFrame } from '../../wires/anthropic/errors.ts';
import { parseBody } from '../../wires/anthropic/json.ts';
import type { ThinkingSeal } from '../../wires/anthropic/signature.ts';
import { useBody } from '../body.ts';
import { recordFailure } from '../failures.ts';
import { disconnectSignal, requestIdOf, summaryOf } from '../request-state.ts';
import { EventStream } from '../sse.ts';
import type { SilenceLimits } from '../sse.ts';
import { WaitLog } from '../wait-log.ts';
import { admitted } from './generation.ts';

export interface MessagesOptions {
  readonly runtime: Runtime;
  readonly seal: ThinkingSeal;
  readonly logger: Logger;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** Default: what clients wait for. */
  readonly silence?: SilenceLimits;
}

/** `POST /v1/messages`, streamed and not. */
export function createMessagesRoute(options: MessagesOptions): RequestHandler {
  const { runtime, seal, logger } = options;
  const waits = new WaitLog(runtime, logger);
  return async (request, response) => {
    const signal = disconnectSignal(response, options.stopping);
    const decoded = await decodedBody(request, response, seal, decodeMessages, signal);
    const id = requestIdOf(request);
    const generation = await runtime.generate(
      decoded.modelName,
      { ...decoded.request, id, ...(!decoded.stream && { whole: true }) },
      signal,
    );
    note(request, response, decoded, generation, logger);
    const { maxTokens } = decoded.request;
    const events = await admitted(generation, request, waits, maxTokens);
    const encoding: EncodeOptions = {
      messageId: newMessageId(),
      model: decoded.modelName,
      seal,
      thinkingDisplay: decoded.thinkingDisplay,
      cacheLifetime: decoded.cacheLifetime,
      thinks: decoded.request.thinking.mode !== 'disabled',
    };
    if (decoded.stream) await stream(events, encoding, { ...options, request, response, signal });
    else sendJson(response, await encodeMessage(events, encoding));
  };
}

/** `POST /v1/messages/count_tokens`. */
export function createCountRoute(options: MessagesOptions): RequestHandler {
  const { runtime, seal } = options;
  return async (request, response) => {
    const signal = disconnectSignal(response, options.stopping);
    const decoded = await decodedBody(request, response, seal, decodeCountTokens, signal);
    const counted = { ...decoded.request, id: requestIdOf(request) };
    const tokens = await runtime.countTokens(decoded.modelName, counted, signal);
    response.json({ input_tokens: tokens });
  };
}

async function decodedBody(
  request: Request,
  response: Response,
  seal: ThinkingSeal,
  decode: typeof decodeMessages,
  signal: AbortSignal,
): Promise<DecodedRequest> {
  // An async function would keep the text in memory until the end.
  return useBody(request, response, (text) =>
    inSlices(parseBody(text), signal).then((body) =>
      inSlices(decode(body, { headers: request.headers, seal }), signal),
    ),
  );
}

/** What Express's own `json` does beyond this takes as long again. */
function sendJson(response: Response, body: JsonObject): void {
  const text = JSON.stringify(body);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(text));
  response.end(text);
}

interface Exchange extends Pick<MessagesOptions, 'logger' | 'silence'> {
  readonly request: Request;
  readonly response: Response;
  readonly signal: AbortSignal;
}

/** From here on the status is 200: what fails is an event of the stream. */
async function stream(
  events: AsyncGenerator<GenerationEvent>,
  encoding: EncodeOptions,
  { request, response, signal, logger, silence }: Exchange,
): Promise<void> {
  const encoder = createStreamEncoder(encoding);
  const output = new EventStream(response, { signal, life: () => encoder.life(), limits: silence });
  try {
    for await (const event of events) await output.write(encoder.push(event));
    output.end();
  } catch (error) {
    recordFailure(error, request, logger);
    output.end([encodeFailureFrame(error, requestIdOf(request))]);
  }
}

function note(
  request: Request,
  response: Response,
  decoded: DecodedRequest,
  { resolution, unused }: Generation,
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
