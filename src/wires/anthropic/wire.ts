import { newMessageId } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Steps } from '../../core/steps.ts';
import type { CountedTokens, DecodedGeneration, LimitStatus, Wire } from '../wire.ts';
import { decodeCountTokens, decodeMessages } from './decode.ts';
import type { DecodeContext } from './decode.ts';
import { encodeMessage } from './encode-message.ts';
import { createStreamEncoder, PING, toText } from './encode-stream.ts';
import type { EncodeOptions } from './encode-stream.ts';
import { encodeFailure, encodeFailureFrame, fieldName } from './errors.ts';
import { decodeFileName, decodeLifetime, encodeFile, listStoredFiles } from './files.ts';
import { parseBody } from './json.ts';
import { encodeModel, listModels } from './models.ts';

/**
 * Creates the wire of Anthropic's Messages API.
 *
 * @see https://docs.claude.com/en/api/messages
 */
export function createAnthropicWire(options: Omit<DecodeContext, 'headers'>): Wire {
  return {
    name: 'anthropic',
    fieldName,
    encodeFailure,
    notServed,
    encodeLimits,
    routes: [
      {
        kind: 'generate',
        path: '/v1/messages',
        parse: parseBody,
        decode: (body, headers) => decodeGeneration(body, { headers, ...options }),
      },
      {
        kind: 'count',
        path: '/v1/messages/count_tokens',
        parse: parseBody,
        decode: (body, headers) => decodeCountTokens(body, { headers, ...options }),
        encode: encodeCount,
      },
      { kind: 'models', path: '/v1/models', list: listModels },
      { kind: 'model', path: '/v1/models/:id', encode: encodeModel },
      {
        kind: 'files',
        path: '/v1/files',
        list: listStoredFiles,
        decodeName: decodeFileName,
        decodeLifetime,
        encode: encodeFile,
      },
      {
        kind: 'file',
        path: '/v1/files/:id',
        encode: encodeFile,
        encodeRemoval: (id) => ({ id, type: 'file_deleted' }),
      },
      { kind: 'file-content', path: '/v1/files/:id/content' },
    ],
  };
}

/** Skills run in containers, which this server does not have. */
function notServed(path: string): string | undefined {
  if (!/^\/v1\/skills(\/|$)/.test(path)) return undefined;
  return 'Skills are not offered by this server. Put their instructions into the system prompt.';
}

function encodeLimits(limits: readonly LimitStatus[]): Record<string, string> {
  return Object.fromEntries(
    limits.flatMap(({ kind, limit, remaining, fullAt }) => [
      [`anthropic-ratelimit-${kind}-limit`, String(limit)],
      [`anthropic-ratelimit-${kind}-remaining`, String(remaining)],
      [`anthropic-ratelimit-${kind}-reset`, fullAt.toISOString()],
    ]),
  );
}

function encodeCount({ tokens, originalTokens }: CountedTokens): JsonObject {
  return {
    input_tokens: tokens,
    ...(originalTokens !== undefined && {
      context_management: { original_input_tokens: originalTokens },
    }),
  };
}

function* decodeGeneration(body: unknown, context: DecodeContext): Steps<DecodedGeneration> {
  const decoded = yield* decodeMessages(body, context);
  const { modelName, request, ignored, stream, thinkingDisplay, cacheLifetime } = decoded;
  const messageId = newMessageId();
  const encoding: EncodeOptions = {
    messageId,
    model: modelName,
    seal: context.seal,
    thinkingDisplay,
    cacheLifetime,
    thinks: request.thinking.mode !== 'disabled',
  };
  return {
    modelName,
    request: { ...request, answerId: messageId },
    ignored,
    stream,
    createStream: () => createStream(encoding),
    encodeWhole: (events) => encodeMessage(events, encoding),
  };
}

function createStream(encoding: EncodeOptions): ReturnType<DecodedGeneration['createStream']> {
  const encoder = createStreamEncoder(encoding);
  return {
    contentType: 'text/event-stream; charset=utf-8',
    ping: toText([PING]),
    push: (event) => toText(encoder.push(event)),
    keepAlive: () => toText(encoder.life()),
    end: () => '',
    fail: (error, requestId) => toText([encodeFailureFrame(error, requestId)]),
  };
}
