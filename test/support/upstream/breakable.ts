import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { readBody, serve } from './replay.ts';
import type { LocalServer } from './replay.ts';

/** A server in front of another, whose answers can be made to break off. */
export interface Breakable extends Pick<LocalServer, 'url' | 'close'> {
  /** Breaks the connection of the next streamed answer, after so many lines with text. */
  breakNext(lines: number): void;
}

/** A line of a stream that brings text, of Ollama or of a server that speaks OpenAI’s API. */
const HAS_TEXT = /"content":"[^"]/;

/** Passes on whatever is asked and answered. */
export async function startBreakable(target: string): Promise<Breakable> {
  let left = Number.POSITIVE_INFINITY;
  const { url, close } = await serve((request, response) => {
    void (async () => {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const body = (await readBody(request)).toString('utf8');
      const answer = await fetch(`${target}${request.url ?? ''}`, {
        method: request.method ?? 'GET',
        headers: { 'content-type': 'application/json' },
        ...(body !== '' && { body }),
        signal: gone.signal,
      });
      const contentType = answer.headers.get('content-type') ?? '';
      response.writeHead(answer.status, { 'content-type': contentType });
      for await (const line of linesOf(answer)) {
        if (!response.write(line, 'latin1')) await once(response, 'drain');
        if (HAS_TEXT.test(line) && --left === 0) {
          // What was written is to arrive first.
          await delay(20);
          response.destroy();
        }
      }
      response.end();
    })().catch(() => response.destroy());
  });
  return {
    url,
    close,
    breakNext(lines) {
      left = lines;
    },
  };
}

/** The lines of a body, each byte a character. */
async function* linesOf({ body }: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of body ?? []) {
    rest += Buffer.from(piece as Uint8Array).toString('latin1');
    const lines = rest.split(/(?<=\n)/);
    rest = lines.at(-1)?.endsWith('\n') === true ? '' : (lines.pop() ?? '');
    yield* lines;
  }
  if (rest !== '') yield rest;
}
