import { afterAll, describe } from 'vitest';
import { isLlamaServerMissing, openServed, SERVED, serversOf } from '../support/llama-server.ts';
import { ENDLESS, ENDLESS_TOKENS } from '../support/messages-api.ts';
import { newEngines, SEEING } from '../backends/local/runners/llama-node/seeing.ts';
import { describeBreakContract } from './break.ts';
import { describeContract } from './contract.ts';
import { describeImageContract } from './images.ts';
import { describeToolContract } from './tools.ts';

const SUBJECT = { model: SERVED, tooLong: { model: SERVED, words: 10_000 } };

const served = openServed();
afterAll(served.close);

/** The suites after each other share an engine. */
const open = async () => ({
  ...SUBJECT,
  backend: { ...served.backend, close: async () => undefined },
});

describe.skipIf(isLlamaServerMissing())('llama-server', () => {
  describeContract(open);
});

describe.skipIf(isLlamaServerMissing())('llama-server, with tools', () => {
  describeToolContract(open);
});

describe.skipIf(isLlamaServerMissing())('llama-server, without a place for states', () => {
  describeContract(async () => ({ ...SUBJECT, ...openServed({ states: undefined }) }));
});

const seeing = { ...SEEING, name: 'mini-sees-served', engine: 'llama-server' } as const;
const openSeeing = async () => ({
  backend: { ...served.backend, close: async () => undefined },
  model: seeing,
  sees: true,
  tooLong: { model: seeing, words: 10_000 },
});

describe.skipIf(isLlamaServerMissing())('llama-server, with a projector', () => {
  describeContract(openSeeing);
});

describe.skipIf(isLlamaServerMissing())('llama-server, with pictures', () => {
  describeImageContract(openSeeing);
});

describe.skipIf(isLlamaServerMissing()).each([
  ['its engine was killed', async (engine: number) => [engine]],
  ['it was killed itself', serversOf],
])('llama-server, after %s', (_case, victimsOf) => {
  describeBreakContract(async () => {
    const engines = await newEngines();
    return {
      ...openServed(),
      model: SERVED,
      endless: { outputSchema: ENDLESS.schema, maxTokens: ENDLESS_TOKENS },
      async breakNow() {
        const victims = await Promise.all((await engines()).map(victimsOf));
        for (const victim of victims.flat()) process.kill(victim, 'SIGKILL');
      },
    };
  });
});
