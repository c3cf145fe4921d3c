import { createLlamaBackend } from '../../src/backends/llama/backend.ts';
import { MINI } from '../support/requests.ts';
import { describeContract } from './contract.ts';

const childModule = new URL('../../dist/backends/llama/child.js', import.meta.url);

describeContract('[R2.7-contract] [R2.7-isolated] llama, isolated', async () => ({
  backend: createLlamaBackend({
    engine: 'isolated',
    threads: 1,
    context: undefined,
    queueLimit: 8,
    childModule,
  }),
  model: MINI,
}));

describeContract('[R2.7-contract] [R2.7-in-process] llama, in-process', async () => ({
  backend: createLlamaBackend({
    engine: 'in-process',
    threads: 1,
    context: undefined,
    queueLimit: 8,
  }),
  model: MINI,
}));
