import { describe, expect, it } from 'vitest';
import { RuntimeFailure, type FailureCode } from '../../../src/core/failure.ts';
import { encodeFailure, encodeFailureFrame } from '../../../src/wires/anthropic/errors.ts';
import { covers } from '../../support/covers.ts';

const ROWS = [
  ['invalid-request', 400, 'invalid_request_error'],
  ['unsupported', 400, 'invalid_request_error'],
  ['prompt-too-long', 400, 'invalid_request_error'],
  ['authentication', 401, 'authentication_error'],
  ['billing', 402, 'billing_error'],
  ['permission', 403, 'permission_error'],
  ['route-not-found', 404, 'not_found_error'],
  ['method-not-allowed', 405, 'invalid_request_error'],
  ['model-not-found', 404, 'not_found_error'],
  ['resource-not-found', 404, 'not_found_error'],
  ['conflict', 409, 'conflict_error'],
  ['request-too-large', 413, 'request_too_large'],
  ['rate-limited', 429, 'rate_limit_error'],
  ['overloaded', 529, 'overloaded_error'],
  ['backend-unavailable', 529, 'overloaded_error'],
  ['backend-failed', 500, 'api_error'],
  ['model-load-failed', 500, 'api_error'],
  ['engine-crashed', 500, 'api_error'],
  ['timeout', 504, 'timeout_error'],
  ['cancelled', 499, 'api_error'],
  ['internal', 500, 'api_error'],
] as const satisfies readonly (readonly [FailureCode, number, string])[];

describe('the encoder of failures', () => {
  covers('R2.4-codes', 'R2.7-queue-full', 'R2.3-method', 'R2.12-no-trace', 'R2.12-sse-error');

  it.each(ROWS)('encodes %s as %d %s', (code, status, type) => {
    const failure = new RuntimeFailure(code, 'the reason');
    expect(encodeFailure(failure, 'req_1')).toEqual({
      status,
      headers: {},
      body: { type: 'error', error: { type, message: 'the reason' }, request_id: 'req_1' },
    });
  });

  it('sends retry-after in integral seconds', () => {
    const failure = new RuntimeFailure('overloaded', 'busy', { retryAfterSeconds: 1.2 });
    expect(encodeFailure(failure, 'r').headers).toEqual({ 'retry-after': '2' });
  });

  it.each([
    ['messages', 'messages'],
    ['tool-choice', 'tool_choice'],
    ['output-schema', 'output_config.format'],
    [{ at: 'messages.0.content.1.image' }, 'messages.0.content.1.image'],
    [{ at: 'x', source: 'base64' }, 'x.source.base64.data'],
    [{ at: 'x', source: 'url' }, 'x.source.url'],
    [{ at: 'x', source: 'file' }, 'x.source.file'],
  ] as const)('names the field of the subject %j: %s', (subject, field) => {
    const failure = new RuntimeFailure('invalid-request', 'the reason', { subject });
    const { body } = encodeFailure(failure, 'r');
    expect(body).toMatchObject({ error: { message: `${field}: the reason` } });
  });

  it.each([
    ['missing', 'x-api-key header is required'],
    ['unknown', 'invalid x-api-key'],
  ] as const)('has the words of the API for a key that is %s', (key, message) => {
    const failure = new RuntimeFailure('authentication', 'the reason', { key });
    expect(encodeFailure(failure, 'r').body).toMatchObject({ error: { message } });
  });

  it('sends the allowed methods as a header', () => {
    const failure = new RuntimeFailure('method-not-allowed', 'no', { allow: ['GET', 'HEAD'] });
    expect(encodeFailure(failure, 'r').headers).toEqual({ allow: 'GET, HEAD' });
  });

  it.each([
    ['an error', new TypeError('secret at /home/me/file.ts:1')],
    ['a string', 'secret'],
    ['undefined', undefined],
  ])('hides the message of %s that is not a RuntimeFailure', (_name, error) => {
    const { status, body } = encodeFailure(error, 'r');
    expect(status).toBe(500);
    expect(body).toMatchObject({ error: { type: 'api_error' } });
    expect(JSON.stringify(body)).not.toMatch(/secret|file\.ts/);
  });

  it('replaces a lone surrogate in a message', () => {
    const { body } = encodeFailure(new RuntimeFailure('invalid-request', 'Not \ud83d!'), 'r');
    expect(body).toMatchObject({ error: { message: 'Not \ufffd!' } });
  });

  it('does not send the cause of a failure', () => {
    const failure = new RuntimeFailure('backend-failed', 'it broke', {
      cause: new Error('secret'),
    });
    expect(JSON.stringify(encodeFailure(failure, 'r'))).not.toContain('secret');
  });

  it('sends the same body as a frame in a started stream', () => {
    const failure = new RuntimeFailure('engine-crashed', 'the engine died');
    expect(encodeFailureFrame(failure, 'req_1')).toEqual({
      event: 'error',
      data: {
        type: 'error',
        error: { type: 'api_error', message: 'the engine died' },
        request_id: 'req_1',
      },
    });
  });
});
