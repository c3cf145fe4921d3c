import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Speech } from './speech.ts';

/** Something that a model server does wrong. */
export interface UpstreamFault {
  /** Part of the exchange that goes wrong. */
  readonly phase: 'before' | 'head' | 'first' | 'middle' | 'end';
  readonly act: (response: ServerResponse, speech: Speech) => void;
  /** Text of the answer, where the fault is one that a client must not notice. */
  readonly text?: string;
}

type Act = UpstreamFault['act'];

/** Sends a body as the wire's own media type. */
const says =
  (body: (speech: Speech) => string | Buffer): Act =>
  (response, speech) => {
    response.setHeader('content-type', speech.type).end(body(speech));
  };

/** Sends lines, then ends the connection without a word. */
const breaks =
  (body: (speech: Speech) => string): Act =>
  (response, speech) => {
    response.setHeader('content-type', speech.type);
    response.flushHeaders();
    const destroy = (): void => void response.destroy();
    if (body(speech) === '') destroy();
    else response.write(body(speech), () => setTimeout(destroy, 5));
  };

const answers =
  (
    status: number,
    type: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Act =>
  (response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  };

/** Writes bytes to the socket, past the rules of HTTP. */
const writesRaw =
  (bytes: (speech: Speech) => string): Act =>
  (response, speech) => {
    response.socket?.end(bytes(speech));
  };

const good = (speech: Speech): string => speech.text('One') + speech.finish() + speech.end;

/** Sends a good answer in pieces, a moment apart. */
const drips =
  (bytes: number): Act =>
  (response, speech) => {
    response.setHeader('content-type', speech.type);
    const body = Buffer.from(good(speech));
    let at = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(at, (at += bytes)));
      if (at < body.length && !response.destroyed) return;
      clearInterval(timer);
      response.end();
    }, 1);
  };

/** Sends lines, then leaves the connection open without a word. */
const staysOpen =
  (body: (speech: Speech) => string): Act =>
  (response, speech) => {
    response.setHeader('content-type', speech.type).write(body(speech));
  };

/** Sends lines, then blank ones for as long as anyone reads. */
const keepsAlive =
  (body: (speech: Speech) => string): Act =>
  (response, speech) => {
    response.setHeader('content-type', speech.type).write(body(speech));
    const timer = setInterval(() => response.write('\n'), 100);
    response.once('close', () => clearInterval(timer));
  };

/** Writes for as long as anyone reads. */
const endless =
  (piece: (speech: Speech) => string): Act =>
  (response, speech) => {
    response.setHeader('content-type', speech.type);
    const more = (): void => {
      while (!response.destroyed && response.write(piece(speech)));
    };
    response.on('drain', more);
    more();
  };

const before = (act: Act): UpstreamFault => ({ phase: 'before', act });
const head = (act: Act, text?: string): UpstreamFault => ({
  phase: 'head',
  act,
  ...(text && { text }),
});
const first = (body: (speech: Speech) => string | Buffer, text?: string): UpstreamFault => ({
  phase: 'first',
  act: says(body),
  ...(text !== undefined && { text }),
});
const middle = (body: (speech: Speech) => string | Buffer, text?: string): UpstreamFault => ({
  phase: 'middle',
  act: says(body),
  ...(text !== undefined && { text }),
});
const end = (body: (speech: Speech) => string, text?: string): UpstreamFault => ({
  phase: 'end',
  act: says(body),
  ...(text !== undefined && { text }),
});

/** One line between a beginning and a good end. */
const amid = (line: (speech: Speech) => string): UpstreamFault =>
  middle((speech) => speech.text('One') + line(speech) + speech.finish() + speech.end);

const call = (beside: object): object => ({
  index: 0,
  id: 'call_1',
  type: 'function',
  function: { name: 'look', arguments: '{}', ...beside },
});

const html = '<html><body>log in</body></html>';
const deep = '['.repeat(100_000);

/** Faults of a model server, by what it does. */
export const UPSTREAM_FAULTS: Readonly<Record<string, UpstreamFault>> = {
  'resets before its head': before((response) => void response.socket?.destroy()),
  'speaks no HTTP': before(writesRaw(() => 'hello\r\n\r\n')),
  'sends a status of no number': before(writesRaw(() => 'HTTP/1.1 abc OK\r\n\r\n')),
  'sends a head of a megabyte': before(
    writesRaw(() => `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1e6)}\r\n\r\n`),
  ),
  'ends within its head': before(writesRaw(() => 'HTTP/1.1 200 OK\r\ncontent-ty')),
  'redirects elsewhere': head(answers(302, 'text/plain', '', { location: 'http://127.0.0.1:9/' })),
  'redirects to itself': head(answers(307, 'text/plain', '', { location: '.' })),
  'answers 204': head((response) => void response.writeHead(204).end()),
  'answers 418 as text': head(answers(418, 'text/plain', 'teapot')),
  'answers 500 as HTML': head(answers(500, 'text/html', html)),
  'answers 502 as HTML': head(answers(502, 'text/html', html)),
  'answers 503 as JSON': head(answers(503, 'application/json', '{"error":"busy"}')),
  'answers 429 for 1e30 seconds': head(
    answers(429, 'application/json', '{"error":"slow"}', { 'retry-after': '1e30' }),
  ),
  'answers 400 with half of JSON': head(answers(400, 'application/json', '{"error":{"mess')),
  'answers 400 with null': head(answers(400, 'application/json', 'null')),
  'answers 400 with numbers': head(answers(400, 'application/json', '{"error":{"message":7}}')),
  'is HTML with 200': head(answers(200, 'text/html', html)),
  'is HTML that says it is an answer': head(says(() => html)),
  'has no media type': head((response, speech) => void response.end(good(speech))),
  'is plain text': head((response, speech) => {
    response.setHeader('content-type', 'text/plain').end(good(speech));
  }),
  'claims to be compressed': head((response, speech) => {
    const { type } = speech;
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(good(speech));
  }),
  'is compressed': head((response, speech) => {
    const { type } = speech;
    const body = gzipSync(good(speech));
    response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(body);
  }),
  'is longer than it says': head(
    writesRaw(
      (s) => `HTTP/1.1 200 OK\r\ncontent-type: ${s.type}\r\ncontent-length: 10\r\n\r\n${good(s)}`,
    ),
  ),
  'is shorter than it says': head(
    writesRaw(
      (s) =>
        `HTTP/1.1 200 OK\r\ncontent-type: ${s.type}\r\ncontent-length: 99999\r\n\r\n${good(s)}`,
    ),
  ),
  'has a chunk of no size': head(
    writesRaw(
      (s) =>
        `HTTP/1.1 200 OK\r\ncontent-type: ${s.type}\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n${good(s)}`,
    ),
  ),
  'ends after its head': first(() => ''),
  'resets after its head': { phase: 'first', act: breaks(() => '') },
  'sends nothing but its end': first((s) => s.end),
  'finishes without a word': first((s) => s.finish() + s.end),
  'begins with a byte order mark': first((s) => `\uFEFF${good(s)}`),
  'begins with blank lines': first((s) => `\n\n\n${good(s)}`, 'One'),
  'ends its lines as Windows does': first((s) => good(s).replaceAll('\n', '\r\n'), 'One'),
  'sends JSON that is no object': first((s) =>
    ['null', '7', '"One"', '[]'].map((json) => s.raw(json)).join(''),
  ),
  'sends an endless line': { phase: 'first', act: endless(() => 'x'.repeat(1_000_000)) },
  'sends endless lines': { phase: 'first', act: endless(() => 'no answer\n'.repeat(10_000)) },
  'sends an error first': first((s) => s.error('out of memory')),
  'nests 100,000 brackets': first((s) => s.raw(`{"message":${deep}`) + s.end),
  'sends a line of 4 MB': first(
    (s) => s.text('x'.repeat(4e6)) + s.finish() + s.end,
    'x'.repeat(4e6),
  ),
  'sends 20,000 pieces': first(
    (s) => s.text('x').repeat(20_000) + s.finish() + s.end,
    'x'.repeat(20_000),
  ),
  'drips byte by byte': { phase: 'middle', act: drips(1), text: 'One' },
  'drips three bytes at a time': { phase: 'middle', act: drips(3), text: 'One' },
  'ends in mid-line': middle((s) => s.text('One') + s.text('two').slice(0, 12)),
  'resets in mid-line': {
    phase: 'middle',
    act: breaks((s) => s.text('One') + s.text('two').slice(0, 12)),
  },
  'resets between lines': { phase: 'middle', act: breaks((s) => s.text('One')) },
  'sends invalid UTF-8': middle((s) =>
    Buffer.concat([
      Buffer.from(s.text('One')),
      Buffer.from(s.text('\u0001A')),
      Buffer.from([0xc3, 0x28, 0xff, 0x0a, 0x0a]),
    ]),
  ),
  'sends invalid UTF-8 in a text': middle((s) => {
    const body = Buffer.from(s.text('O~ne') + s.finish() + s.end);
    body[body.indexOf('~')] = 0xff;
    return body;
  }),
  'sends NUL bytes': amid(() => '\0\0\0\n'),
  'sends half a surrogate': amid((s) =>
    s.raw(
      s
        .text('X')
        .trim()
        .replace(/^data: /, '')
        .replace('X', '\\ud83d'),
    ),
  ),
  'sends a line that is no JSON': amid((s) => s.raw('One more')),
  'sends a message that is a string': amid((s) => s.chunk('two')),
  'sends a message that is null': amid((s) => s.chunk(null)),
  'sends a message that is a list': amid((s) => s.chunk([])),
  'sends content that is a number': amid((s) => s.chunk({ content: 7 })),
  'sends content that is an object': amid((s) => s.chunk({ content: { text: 'two' } })),
  'sends content that is a list': amid((s) =>
    s.chunk({ content: [{ type: 'text', text: 'two' }] }),
  ),
  'sends content that is true': amid((s) => s.chunk({ content: true })),
  'sends content that is null': { ...amid((s) => s.chunk({ content: null })), text: 'One' },
  'sends a role that is a number': amid((s) => s.chunk({ role: 7, content: '' })),
  'sends thinking that is an object': amid((s) =>
    s.chunk({ thinking: {}, reasoning_content: {}, content: '' }),
  ),
  'sends no choices': amid((s) => s.raw('{"choices":[],"message":{"content":""},"done":false}')),
  'sends choices that are an object': amid((s) =>
    s.raw('{"choices":{},"message":{"content":""},"done":false}'),
  ),
  'sends choices that are null': amid((s) =>
    s.raw('{"choices":null,"message":{"content":""},"done":false}'),
  ),
  'sends a choice that is null': amid((s) =>
    s.raw('{"choices":[null],"message":{"content":""},"done":false}'),
  ),
  'sends __proto__': amid((s) =>
    s.raw(
      '{"__proto__":{"done":true},"choices":[{"delta":{"__proto__":{"content":"x"}}}],"message":{"content":""},"done":false}',
    ),
  ),
  'sends calls that are a string': amid((s) => s.calls('look')),
  'sends a call that is null': amid((s) => s.calls([null])),
  'sends a call of nothing': amid((s) => s.calls([{}])),
  'sends a call without a name': amid((s) => s.calls([call({ name: undefined })])),
  'sends a call whose name is a number': amid((s) => s.calls([call({ name: 7 })])),
  'sends a call of an unknown tool': amid((s) => s.calls([call({ name: 'nothing' })])),
  'sends arguments that are null': amid((s) => s.calls([call({ arguments: null })])),
  'sends arguments that are a number': amid((s) => s.calls([call({ arguments: 7 })])),
  'sends arguments that are half of JSON': amid((s) => s.calls([call({ arguments: '{"at":' })])),
  'sends an index of a billion': amid((s) => s.calls([{ ...call({}), index: 1e9 }])),
  'sends an index of -1': amid((s) => s.calls([{ ...call({}), index: -1 }])),
  'sends an index of 1e300': amid((s) => s.calls([{ ...call({}), index: 1e300 }])),
  'sends 1,000 calls': amid((s) =>
    s.calls(
      Array.from({ length: 1000 }, (_, index) => ({ ...call({}), index, id: `call_${index}` })),
    ),
  ),
  'sends one id twice': amid((s) => s.calls([call({}), { ...call({}), index: 1 }])),
  'sends an error that is a string': middle((s) => s.text('One') + s.error('out of memory')),
  'sends an error that is an object': middle(
    (s) => s.text('One') + s.error({ message: 'out of memory' }),
  ),
  'sends an error that is nested': middle(
    (s) => s.text('One') + s.error({ error: { error: { message: { a: 1 } } } }),
  ),
  'sends an error without words': middle((s) => s.text('One') + s.error({})),
  'goes on after an error': middle((s) => s.text('One') + s.error('no') + good(s)),
  'never finishes': end((s) => s.text('One')),
  'finishes twice': end((s) => s.text('One') + s.finish() + s.finish() + s.end, 'One'),
  'ends twice': end((s) => good(s) + s.end, 'One'),
  'talks on after its finish': end((s) => s.text('One') + s.finish() + s.text('two') + s.end),
  'talks on after its end': end((s) => good(s) + s.text('two')),
  'sends rubbish after its end': end((s) => `${good(s)}<html>`),
  'finishes for a reason of its own': end(
    (s) => s.text('One') + s.finish(undefined, 'bored') + s.end,
  ),
  'finishes for a reason that is a number': end(
    (s) => s.text('One') + s.finish(undefined, 7) + s.end,
  ),
  'counts in words': end((s) => s.text('One') + s.finish('many') + s.end, 'One'),
  'counts below zero': end(
    (s) => s.text('One') + s.finish({ prompt_tokens: -1, completion_tokens: -5 }) + s.end,
    'One',
  ),
  'counts 1e300': end(
    (s) => s.text('One') + s.finish({ prompt_tokens: 1e300, completion_tokens: 1e300 }) + s.end,
    'One',
  ),
  'counts null': end((s) => s.text('One') + s.finish(null) + s.end, 'One'),
  'counts in a list': end((s) => s.text('One') + s.finish([1, 2]) + s.end, 'One'),
  'stays open within a line after its finish': {
    phase: 'end',
    act: staysOpen((s) => s.text('One') + s.finish() + s.text('two').slice(0, 12)),
    text: 'One',
  },
  'keeps its stream alive after its finish': {
    phase: 'end',
    act: keepsAlive((s) => s.text('One') + s.finish()),
    text: 'One',
  },
  'resets after its finish': { phase: 'end', act: breaks((s) => s.text('One') + s.finish()) },
};
