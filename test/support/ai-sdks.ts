import * as ai5 from 'ai-5';
import * as ai6 from 'ai-6';
import * as ai7 from 'ai-7';
import * as anthropic2 from 'ai-sdk-anthropic-2';
import * as anthropic3 from 'ai-sdk-anthropic-3';
import * as anthropic4 from 'ai-sdk-anthropic-4';

/** A version of the Vercel AI SDK with its provider for the Messages API. */
export interface AiSdk {
  readonly version: string;
  readonly ai: typeof ai5;
  readonly createAnthropic: typeof anthropic2.createAnthropic;
}

/** The three versions in use. All that tests call has the same form in each; the types differ. */
export const AI_SDKS: readonly AiSdk[] = [
  { version: '5', ai: ai5, createAnthropic: anthropic2.createAnthropic },
  {
    version: '6',
    ai: ai6 as unknown as typeof ai5,
    createAnthropic: anthropic3.createAnthropic as unknown as typeof anthropic2.createAnthropic,
  },
  {
    version: '7',
    ai: ai7 as unknown as typeof ai5,
    createAnthropic: anthropic4.createAnthropic as unknown as typeof anthropic2.createAnthropic,
  },
];
