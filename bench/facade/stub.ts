import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { listenAndReport } from '../listening.ts';

/** Model server that returns a constant answer at once, so that only the facade's own time remains. */

const PIECES = ['The ', 'tests ', 'pass ', 'now.'];

const USAGE = { prompt_tokens: 100, completion_tokens: PIECES.length, total_tokens: 104 };

const COMMON = { id: 'chatcmpl-1', created: 0, model: 'stub' };

const WHOLE = JSON.stringify({
  ...COMMON,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: PIECES.join('') },
      finish_reason: 'stop',
    },
  ],
  usage: USAGE,
});

function event(choices: readonly object[], usage: object | null): string {
  const data = { ...COMMON, object: 'chat.completion.chunk', choices, usage };
  return `data: ${JSON.stringify(data)}\n\n`;
}

const EVENTS = [
  ...PIECES.map((content) => event([{ index: 0, delta: { content }, finish_reason: null }], null)),
  event([{ index: 0, delta: {}, finish_reason: 'stop' }], null),
  event([], USAGE),
  'data: [DONE]\n\n',
];

const bodySchema = z.looseObject({ stream: z.boolean().nullish() });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { stream } = bodySchema.parse(JSON.parse((await buffer(request)).toString()));
  if (stream !== true) {
    response.setHeader('content-type', 'application/json').end(WHOLE);
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  for (const text of EVENTS) response.write(text);
  response.end();
}

await listenAndReport((request, response) => {
  void answer(request, response).catch(() => response.destroy());
});
