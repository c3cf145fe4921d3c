import type { ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from '../listening.ts';
import type { RawPrompt } from './raw-protocol.ts';

const promptSchema = z.object({
  sequence: z.number(),
  keep: z.number(),
  fresh: z.number(),
  generate: z.number(),
  /** Number of prompts that begin together, after all of them have arrived. */
  together: z.number(),
});

/** Request to the minimal server. */
export type LeastPrompt = Readonly<z.infer<typeof promptSchema>>;

/** Generates tokens after a prompt. */
export type Generate = (prompt: RawPrompt) => AsyncIterable<unknown>;

/**
 * Starts the minimal server in front of llama.cpp, in the same process. It writes an event of constant text
 * for each token. Returns its URL.
 */
export function startLeastServer(generate: Generate): Promise<string> {
  const waiting: (() => void)[] = [];
  const answer = async (prompt: LeastPrompt, response: ServerResponse): Promise<void> => {
    await new Promise<void>((resolve) => {
      if (waiting.push(resolve) < prompt.together) return;
      for (const begin of waiting.splice(0)) begin();
    });
    await stream(generate(prompt), response);
  };
  return listen((request, response) => {
    json(request)
      .then((body) => answer(promptSchema.parse(body), response))
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
}

async function stream(tokens: AsyncIterable<unknown>, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let count = 0;
  for await (const _ of tokens) {
    count += 1;
    response.write(frame({ type: 'content_block_delta', delta: { text: ' word' } }));
  }
  response.end(frame({ type: 'message_delta', usage: { output_tokens: count } }));
}

function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
