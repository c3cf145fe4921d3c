import { expect, it, onTestFinished } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import { createImageLoader } from '../../src/images/loader.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { halves, servePictures } from '../support/pictures.ts';
import { serveScript } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

covers('R4.5-url');

it.each(DIALECTS)('the SDK of $dialect shows a picture by its URL', async (dialect) => {
  const png = await halves(20, 10).png().toBuffer();
  const pictures = await servePictures(({ url }, response) =>
    url === '/here.png'
      ? response.end(png)
      : response.writeHead(302, { location: '/here.png' }).end(),
  );
  const got: GenerationRequest[] = [];
  const server = await serveScript(
    {
      async *script(request) {
        got.push(request);
        yield { type: 'text-delta', text: 'I see.' };
        const usage = {
          promptTokens: 10,
          cacheReadTokens: 0,
          cacheCreationTokens: 0,
          outputTokens: 5,
          thinkingTokens: 0,
        };
        yield { type: 'finish', reason: 'end-turn', stopSequence: null, usage };
      },
    },
    {},
    { images: createImageLoader({ mayContact: (address) => address === '127.0.0.1' }) },
  );
  onTestFinished(() => server.close());
  const source = { type: 'url', url: `${pictures}/moved.png` } as const;
  const message = await clientOf(dialect, server.url).messages.create({
    model: 'actor',
    max_tokens: 50,
    messages: [{ role: 'user', content: [{ type: 'image', source }] }],
  });
  expect(message.content).toMatchObject([{ type: 'text', text: 'I see.' }]);
  expect(got[0]?.conversation.turns[0]?.parts).toMatchObject([
    {
      kind: 'image',
      source: { kind: 'base64', mediaType: 'image/png', data: png.toString('base64') },
    },
  ]);
});
