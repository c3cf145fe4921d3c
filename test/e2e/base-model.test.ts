import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../support/command-line.ts';
import { post, request } from '../support/messages-api.ts';
import { GEMMA3_BASE, isModelMissing } from '../support/real-models.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

const REASON =
  "Model `base` has no chat template, so it can't chat. Set `template:` in models.yaml.";

describe.skipIf(isModelMissing(GEMMA3_BASE))('a model without a chat template', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({
      registry: `models:\n  base: { backend: llama, file: ${JSON.stringify(GEMMA3_BASE.file)}, context: 512 }\n`,
    });
  });
  afterAll(() => server.stop());

  it.each([false, true])('is a 400 that says why, with stream: %s', async (stream) => {
    const body = request('Hello', { model: 'base', max_tokens: 4, stream });
    const response = await post(`${server.url}/v1/messages`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: REASON },
    });
  });

  it('is described so by show, before any request', async () => {
    const { stderr } = await runHere(['show', 'base'], { PORTICO_HOME: server.home });
    expect(stderr).toContain(REASON);
  });
});
