import { describe, expect, it, onTestFinished } from 'vitest';
import { createScriptedBackend } from '../../support/scripted-backend.ts';
import type { LocalSpec } from '../../../src/backends/local/spec.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
import type { Backend, Capabilities, GenerationRequest } from '../../../src/core/backend.ts';
import type { BinarySource, ImagePart, Part, Turn } from '../../../src/core/conversation.ts';
import type { BackendKind, ModelSpec } from '../../../src/core/model.ts';
import { createImageLoader } from '../../../src/images/loader.ts';
import { Runtime } from '../../../src/pipeline/runtime.ts';
import { halves, servePictures } from '../../support/pictures.ts';
import { collect, request } from '../../support/requests.ts';
import { covers } from '../../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

const text = (words: string): Part => ({ kind: 'text', text: words });
const picture = (source: BinarySource, at = 'messages.0.content.0.image'): ImagePart => ({
  kind: 'image',
  source,
  at,
});
const base64 = (bytes: Uint8Array): ImagePart =>
  picture({
    kind: 'base64',
    mediaType: 'image/png',
    data: Buffer.from(bytes).toString('base64'),
  });
const png = await halves(20, 10).png().toBuffer();

function playing(capabilities: Partial<Capabilities> = {}) {
  const got: GenerationRequest[] = [];
  const backend = createScriptedBackend({
    capabilities,
    async *script(asked) {
      got.push(asked);
      const usage = {
        promptTokens: 10,
        cacheReadTokens: 0,
        cacheCreationTokens: 0,
        outputTokens: 5,
        thinkingTokens: 0,
      };
      yield { type: 'finish', reason: 'end-turn', stopSequence: null, usage };
    },
  });
  return { backend, got };
}

/** Runtime with these models; requests go to the first. */
function openRuntime(
  specs: readonly ModelSpec[],
  backends: Partial<Record<BackendKind, Backend>>,
): Runtime {
  const [first] = specs;
  const factories = Object.entries(backends).map(([kind, backend]) => [kind, async () => backend]);
  const runtime = new Runtime({
    registry: () => ({
      defaultModel: first?.name ?? '',
      models: new Map(
        specs.map((spec) => [spec.name, { spec, shipped: false, location: 'models.yaml:1:1' }]),
      ),
      aliases: new Map([['claude-small', first?.name ?? '']]),
      problems: [],
    }),
    backends: Object.fromEntries(factories) as Record<string, () => Promise<Backend>>,
    exists: () => true,
    overflow: 'clamp',
    sees: (model) => 'mmproj' in model || 'images' in model,
    images: createImageLoader({ mayContact: (address) => address === '127.0.0.1' }),
  });
  onTestFinished(() => runtime.close());
  return runtime;
}

const ACTOR: ModelSpec = { name: 'actor', backend: 'scripted' };

const asking = (...parts: readonly Part[]): GenerationRequest => {
  const turns: readonly Turn[] = [{ role: 'user', parts }];
  return request(ACTOR, turns);
};

/** Parts that reach the backend. */
async function passedOn(...parts: readonly Part[]): Promise<readonly Part[]> {
  const { backend, got } = playing();
  const runtime = openRuntime([ACTOR], { scripted: backend });
  await collect((await runtime.generate('actor', asking(...parts), signal)).events);
  return got[0]?.conversation.turns[0]?.parts ?? [];
}

/** Failure of a request with an image to a model without vision. */
async function refusal(runtime: Runtime): Promise<unknown> {
  return runtime.generate('actor', asking(text('Look:'), base64(png)), signal).then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => error,
  );
}

describe('images reach the backend in base64', () => {
  covers('R4.5-places', 'R4.5-downscale', 'R4.5-base64');

  it('from a user and a tool, in base64 and from a URL', async () => {
    const address = await servePictures((_request, response) => response.end(png));
    const atUrl = picture({ kind: 'url', url: address });
    const result = (output: readonly Part[]): Part => ({
      kind: 'tool-result',
      callId: 'toolu_1',
      output,
      isError: false,
    });
    expect(await passedOn(result([text('seen'), atUrl]), text('a'), base64(png), atUrl)).toEqual([
      result([text('seen'), base64(png)]),
      text('a'),
      base64(png),
      base64(png),
    ]);
  });

  it('scaled down to the size that their model uses', async () => {
    const { backend, got } = playing();
    const runtime = openRuntime([{ ...ACTOR, imageLongestEdge: 16 }], { scripted: backend });
    await collect((await runtime.generate('actor', asking(base64(png)), signal)).events);
    const [image] = got[0]?.conversation.turns[0]?.parts ?? [];
    const data = image?.kind === 'image' && image.source.kind === 'base64' && image.source.data;
    const sent = Buffer.from(data || '', 'base64');
    expect([sent.readUInt32BE(16), sent.readUInt32BE(20)]).toEqual([16, 8]);
  });

  it('from a document: after it, and its blocks keep their numbers', async () => {
    const document = (...parts: readonly Part[]): Part => ({
      kind: 'document',
      source: { kind: 'content', parts },
      title: 'Paper',
      citations: false,
    });
    const other = base64(await halves(8, 8).png().toBuffer());
    expect(
      await passedOn(document(text('one'), base64(png), text('two'), other), text('Well?')),
    ).toEqual([
      document(
        text('one'),
        text('[picture 1 of 2, after this document]'),
        text('two'),
        text('[picture 2 of 2, after this document]'),
      ),
      base64(png),
      other,
      text('Well?'),
    ]);
    const plain = document(text('one'));
    expect(await passedOn(plain)).toEqual([plain]);
  });

  it('when tokens are counted too', async () => {
    const counted: GenerationRequest[] = [];
    const { backend } = playing();
    const runtime = openRuntime([ACTOR], {
      scripted: {
        ...backend,
        async countTokens(asked) {
          counted.push(asked);
          return 5;
        },
      },
    });
    const address = await servePictures((_request, response) => response.end(png));
    const atUrl = asking(picture({ kind: 'url', url: address }));
    expect(await runtime.countTokens('actor', atUrl, signal)).toMatchObject({ tokens: 5 });
    expect(counted[0]?.conversation.turns[0]?.parts).toEqual([base64(png)]);
  });
});

describe('images of one request', () => {
  covers('R4.5-many');

  it('are at most a hundred', async () => {
    const all = (count: number) => Array.from({ length: count }, () => base64(png));
    expect(await passedOn(...all(100))).toHaveLength(100);
    await expect(passedOn(...all(101))).rejects.toMatchObject({
      code: 'invalid-request',
      message: 'Too much media: 0 document pages + 101 images > 100',
    });
  });

  it('are fetched concurrently, and the first failure ends the others', async () => {
    let open = 0;
    let most = 0;
    const address = await servePictures(({ url }, response) => {
      most = Math.max(most, (open += 1));
      response.on('close', () => (open -= 1));
      if (url === '/7') response.writeHead(404).end();
    });
    const urls = Array.from({ length: 20 }, (_url, index) =>
      picture({ kind: 'url', url: `${address}/${index}` }, `messages.0.content.${index}.image`),
    );
    await expect(passedOn(...urls)).rejects.toMatchObject({
      message: expect.stringMatching(/its server answered 404/) as string,
      subject: { at: 'messages.0.content.7.image', source: 'url' },
    });
    expect(most).toBe(8);
    await expect.poll(() => open).toBe(0);
  });
});

describe('a model without vision', () => {
  covers('R4.5-blind');

  const textOnly = playing({ images: false }).backend;
  const seeing = playing({ images: true }).backend;
  const silent: Backend = {
    ...seeing,
    capabilities: () => expect.unreachable('it was asked'),
    discover: () => expect.unreachable('it was asked'),
  };
  const beside = (specs: readonly ModelSpec[], backends: Partial<Record<BackendKind, Backend>>) =>
    openRuntime([ACTOR, ...specs], { scripted: textOnly, ...backends });

  it('is refused with a hint to a model with vision, without asking a backend', async () => {
    let backend = seeing;
    const specs: readonly OpenAiSpec[] = [
      { name: 'said-to-see', backend: 'openai', images: true },
      { name: 'eyes', backend: 'ollama' },
    ];
    const ollama: Backend = {
      ...seeing,
      capabilities: async (...asked) => backend.capabilities(...asked),
    };
    const runtime = beside(specs, { openai: silent, ollama });
    await runtime.listed((await runtime.models()).slice(2));
    backend = silent;
    expect(await refusal(runtime)).toMatchObject({
      code: 'unsupported',
      subject: { at: 'messages.0.content.0.image' },
      message: 'the model actor has no vision. Use eyes, which has it, or leave the images out.',
    });
  });

  it('is refused with a hint to a model of models.yaml, even if its backend was never asked', async () => {
    const specs: readonly LocalSpec[] = [
      { name: 'text', backend: 'ollama' },
      { name: 'eyes', backend: 'llama', file: '/mini.gguf', mmproj: '/mini-mmproj.gguf' },
    ];
    const runtime = beside(specs, { ollama: silent, llama: silent });
    expect(await refusal(runtime)).toMatchObject({
      message: expect.stringContaining('Use eyes, which has it,'),
    });
    const away: OpenAiSpec = { name: 'away', backend: 'openai', images: true };
    expect(await refusal(beside([away], { openai: silent }))).toMatchObject({
      message: expect.stringContaining('Use away, which has it,'),
    });
  });

  it('is refused with a hint to pull one if there is none, without opening an engine', async () => {
    const specs: readonly ModelSpec[] = [
      { name: 'mini', backend: 'llama', file: '/mini.gguf' },
      { name: 'text', backend: 'ollama' },
    ];
    expect(await refusal(beside(specs, { llama: silent, ollama: silent }))).toMatchObject({
      message: expect.stringMatching(
        /No known model has it: .*portico pull ollama:\S+.*images: true/,
      ),
    });
  });
});
