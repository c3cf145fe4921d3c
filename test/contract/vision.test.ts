import { describe } from 'vitest';
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

const open = async () => ({ ...openVision(), model: SEEING, sees: true });

describe.skipIf(isAddonMissing())('[R7.1-contract] vision', () => {
  describeContract(open);
});

describe.skipIf(isAddonMissing())('[R7.1-contract] vision, without a place for states', () => {
  describeContract(async () => ({
    ...openVision({ states: undefined }),
    model: SEEING,
    sees: true,
  }));
});

describe.skipIf(isAddonMissing())('[R7.1-contract] [R7.1-tools] vision, with tools', () => {
  describeToolContract(open);
});

describe.skipIf(isAddonMissing())('[R7.1-contract] [R7.1-count] vision, with pictures', () => {
  describeImageContract(open);
});

describe.skipIf(isAddonMissing())('[R7.1-contract] [R7.2-restart] vision, killed', () => {
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
