import { afterAll, describe } from 'vitest';
import {
  newEngines,
  isAddonMissing,
  openVision,
  SEEING,
} from '../backends/local/runners/llama-node/seeing.ts';
import { ENDLESS, ENDLESS_TOKENS } from '../support/messages-api.ts';
import { describeBreakContract } from './break.ts';
import { describeContract } from './contract.ts';
import { describeImageContract } from './images.ts';
import { describeToolContract } from './tools.ts';
import { covers } from '../support/covers.ts';

const SUBJECT = { model: SEEING, sees: true, tooLong: { model: SEEING, words: 10_000 } };

const vision = openVision();
afterAll(vision.close);

/** The suites after each other share an engine. */
const open = async () => ({
  ...SUBJECT,
  backend: { ...vision.backend, close: async () => undefined },
});

describe.skipIf(isAddonMissing())('vision', () => {
  covers('R7.1-contract');

  describeContract(open);
});

describe.skipIf(isAddonMissing())('vision, without a place for states', () => {
  covers('R7.1-contract');

  describeContract(async () => ({
    ...SUBJECT,
    ...openVision({ states: undefined }),
  }));
});

describe.skipIf(isAddonMissing())('vision, with tools', () => {
  covers('R7.1-contract', 'R7.1-tools');

  describeToolContract(open);
});

describe.skipIf(isAddonMissing())('vision, with pictures', () => {
  covers('R7.1-contract', 'R7.1-count');

  describeImageContract(open);
});

describe.skipIf(isAddonMissing())('vision, killed', () => {
  covers('R7.1-contract', 'R7.2-restart');

  describeBreakContract(async () => {
    const engines = await newEngines();
    return {
      ...openVision(),
      model: SEEING,
      endless: { outputSchema: ENDLESS.schema, maxTokens: ENDLESS_TOKENS },
      async breakNow() {
        for (const engine of await engines()) process.kill(engine, 'SIGKILL');
      },
    };
  });
});
