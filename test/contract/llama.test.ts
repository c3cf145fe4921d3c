import { afterAll, describe } from 'vitest';
import { createLocalBackend } from '../../src/backends/local/backend.ts';
import { childrenOf } from '../support/processes.ts';
import { ENDLESS, ENDLESS_TOKENS } from '../support/messages-api.ts';
import { MINI } from '../support/requests.ts';
import { describeBreakContract } from './break.ts';
import { describeContract } from './contract.ts';
import { describeToolContract } from './tools.ts';
import { ENGINE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

const childModule = new URL('../../dist/backends/local/worker/child.js', import.meta.url);

const tooLong = { model: MINI, words: 10_000 };

const inProcess = createLocalBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  log: () => undefined,
});
afterAll(() => inProcess.close());

/** The suites after each other share an engine. */
const openInProcess = async () => ({
  backend: { ...inProcess, close: async () => undefined },
  model: MINI,
  tooLong,
});

describe('llama, isolated', () => {
  covers('R2.7-contract', 'R2.7-isolated', 'R4.7-cancel');

  describeContract(async () => ({
    backend: createLocalBackend({
      engine: 'isolated',
      ...ENGINE,
      context: undefined,
      queueLimit: 8,
      log: () => undefined,
      childModule,
    }),
    model: MINI,
    tooLong,
  }));
});

describe('llama, in-process', () => {
  covers('R2.7-contract', 'R2.7-in-process');

  describeContract(openInProcess);
});

describe('llama, with tools', () => {
  covers('R4.7-calls', 'R4.7-forced');

  describeToolContract(openInProcess);
});

describe('llama, isolated, killed', () => {
  covers('R4.7-errors');

  describeBreakContract(async () => {
    const others = new Set(await childrenOf(process.pid));
    return {
      backend: createLocalBackend({
        engine: 'isolated',
        ...ENGINE,
        context: undefined,
        queueLimit: 8,
        log: () => undefined,
        childModule,
      }),
      model: MINI,
      endless: { outputSchema: ENDLESS.schema, maxTokens: ENDLESS_TOKENS },
      async breakNow() {
        const engines = (await childrenOf(process.pid)).filter((child) => !others.has(child));
        for (const engine of engines) process.kill(engine, 'SIGKILL');
      },
    };
  });
});
