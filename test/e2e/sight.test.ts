import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend.ts';
import type { ImagePart } from '../../src/core/conversation.ts';
import type { LocalSpec } from '../../src/backends/local/spec.ts';
import { createImageLoader } from '../../src/images/loader.ts';
import { isAddonMissing, openVision, SEEING } from '../backends/local/runners/llama-node/seeing.ts';
import { drawOne } from '../models/figures.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { isMissing } from '../support/optional.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { REPOSITORY } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { serve } from '../support/upstream/replay.ts';
import type { LocalServer } from '../support/upstream/replay.ts';
import { covers } from '../support/covers.ts';

const QUESTION = 'What is in this picture?';

/** The base64 of a drawing. */
function dataOf({ source }: ImagePart): string {
  if (source.kind !== 'base64') throw new Error('A drawing is base64.');
  return source.data;
}

const circle = dataOf(await drawOne('red', 'circle'));
const square = dataOf(await drawOne('blue', 'square'));

const base64 = (data: string) =>
  ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }) as const;

function said({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** Output of a script in this folder that runs against a server. */
async function report(python: string, url: string, picture: string): Promise<unknown> {
  const script = path.join(import.meta.dirname, 'python/sight.py');
  const { stdout } = await promisify(execFile)(python, [script, url, picture], { timeout: 55_000 });
  return JSON.parse(stdout);
}

const python = process.env['PORTICO_TEST_PYTHON_NEW'];
const noPython = isMissing(
  'Python with anthropic',
  python,
  'name an interpreter with anthropic in PORTICO_TEST_PYTHON_NEW',
);

describe.skipIf(isAddonMissing())('a newcomer’s portico serve, shown pictures', () => {
  covers('R7.5-base64', 'R7.5-python');

  let server: RunningServer;
  beforeAll(async () => {
    server = await sharedServer();
  });

  const ask = (dialect: (typeof DIALECTS)[number], messages: Anthropic.MessageParam[]) =>
    clientOf(dialect, server.url).messages.create({ model: 'mini', max_tokens: 60, messages });

  it.each(DIALECTS)('describes them: SDK of $dialect', async (dialect) => {
    const content = [base64(circle), { type: 'text', text: QUESTION } as const];
    expect(said(await ask(dialect, [{ role: 'user', content }]))).toBe('It is a red circle.');
  });

  it.each(DIALECTS)('sees those of tools: SDK of $dialect', async (dialect) => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} } as const;
    const answer = await ask(dialect, [
      { role: 'user', content: QUESTION },
      { role: 'assistant', content: [call] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [base64(square)] }],
      },
    ]);
    // It was trained on pictures of users alone, so it says less of them.
    expect(said(answer)).toContain('blue');
  });

  it('says that it takes pictures', async () => {
    const response = await fetch(`${server.url}/v1/models/mini`);
    expect(JSON.stringify(await response.json())).toMatch(/"image_input":\{"supported":true/);
  });

  it.skipIf(noPython)('tells Python’s SDK', async () => {
    expect(await report(python ?? '', server.url, circle)).toBe('It is a red circle.');
  });
});

describe.skipIf(isAddonMissing())('pictures at URLs, shown to the embedded model', () => {
  covers('R7.5-url', 'R7.5-python');

  const model: LocalSpec = {
    ...SEEING,
    mmproj: path.join(REPOSITORY, 'models/mini-mmproj.gguf'),
  };
  const { backend, close } = openVision();
  let pictures: LocalServer;
  let server: ScriptedServer;
  beforeAll(async () => {
    pictures = await serve((_request, response) => {
      response.end(Buffer.from(circle, 'base64'));
    });
    // No picture of the test is on the public internet.
    const images = createImageLoader({ mayContact: (address) => address === '127.0.0.1' });
    server = await serveScript(asked(backend, model), {}, { images });
  });
  afterAll(async () => {
    await server.close();
    await pictures.close();
    await close();
  });

  it.each(DIALECTS)('are reported to the SDK of $dialect', async (dialect) => {
    const source = { type: 'url', url: `${pictures.url}/circle.png` } as const;
    const answer = await clientOf(dialect, server.url).messages.create({
      model: 'actor',
      max_tokens: 60,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source },
            { type: 'text', text: QUESTION },
          ],
        },
      ],
    });
    expect(said(answer)).toBe('It is a red circle.');
  });

  it.skipIf(noPython)('are reported to Python’s SDK', async () => {
    const url = `${pictures.url}/circle.png`;
    expect(await report(python ?? '', server.url, url)).toBe('It is a red circle.');
  });
});

/** The backend, with one model for all that it is asked. */
function asked(backend: Backend, model: LocalSpec): Backend {
  return {
    kind: 'scripted',
    capabilities: async (_model, signal) => backend.capabilities(model, signal),
    countTokens: async (request, signal) => backend.countTokens({ ...request, model }, signal),
    generate: (request, signal) => backend.generate({ ...request, model }, signal),
    close: async () => backend.close(),
  };
}
