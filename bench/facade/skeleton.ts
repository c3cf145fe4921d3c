import { pipeline } from 'node:stream/promises';
import express from 'express';
import type { RequestHandler } from 'express';
import { Pool } from 'undici';
import { z } from 'zod';
import { listenAndReport } from '../listening.ts';

/** Minimal Express server in front of another: reads JSON, forwards it, answers. */

const bodySchema = z.looseObject({ stream: z.boolean().nullish() });

function createForward(pool: Pool): RequestHandler {
  return async (request, response) => {
    const body: unknown = request.body;
    const answer = await pool.request({
      path: '/v1/chat/completions',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (bodySchema.parse(body).stream === true) {
      response.type('text/event-stream');
      await pipeline(answer.body, response);
    } else {
      response.json(await answer.body.json());
    }
  };
}

const [, , upstream = ''] = process.argv;
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.post(
  '/v1/messages',
  express.json({ limit: '32mb' }),
  createForward(new Pool(upstream, { connections: 50 })),
);

await listenAndReport(app);
