import { describe, expect, it, onTestFinished } from 'vitest';
import { createLocalBackend } from '../../../../src/backends/local/backend.ts';
import { crash } from '../../../../src/backends/local/worker/crash.ts';
import { covers } from '../../../support/covers.ts';
import { ENGINE } from '../../../support/engine-variant.ts';
import { collect, MINI, request, said } from '../../../support/requests.ts';

const GREEDY = new URL('../../../support/greedy-engine.mjs', import.meta.url);

describe('an engine that ends by itself', () => {
  covers('R6.7-abort');

  it.each([
    ['for lack of heap', 'GROW', /\(SIGABRT\): FATAL ERROR: .* heap out of memory\. The next/],
    ['by an error', 'THROW', /\(exit code \d+\): TypeError: it is not a function\. The next/],
  ])('%s is reported with the reason, not with its stack', async (_how, text, message) => {
    const backend = createLocalBackend({
      engine: 'isolated',
      ...ENGINE,
      context: undefined,
      queueLimit: 8,
      log: () => undefined,
      childModule: GREEDY,
      environment: () => ({ ...process.env, NODE_OPTIONS: '--max-old-space-size=40' }),
    });
    onTestFinished(() => backend.close());
    const asked = collect(backend.generate(request(MINI, said(text)), AbortSignal.timeout(50_000)));
    await expect(asked).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringMatching(message),
    });
  });
});

describe('the reason of a crash', () => {
  it.each([
    [
      'SIGABRT',
      '/src/vocab.cpp:9: GGML_ASSERT(a == b) failed\n0  libggml.dylib  0x1\n1  ?',
      'GGML_ASSERT(a == b) failed',
    ],
    [
      'SIGABRT',
      "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n",
      'std::bad_alloc',
    ],
    [
      'SIGABRT',
      'CUDA error: out of memory\n  in function alloc at ggml-cuda.cu:1\n/ggml-cuda.cu:75: CUDA error\n',
      ': CUDA error: out of memory.',
    ],
    ['SIGKILL', 'a warning\n', 'the system may have been out of memory'],
    ['SIGSEGV', '', '(SIGSEGV). The next'],
  ])('after %s and %j is %j', (how, printed, reason) => {
    expect(crash('mini', how, printed).message).toContain(reason);
  });
});
