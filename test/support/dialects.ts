import * as sdk0 from 'anthropic-sdk-0';
import * as betaZod0 from 'anthropic-sdk-0/helpers/beta/zod';
import * as zod0 from 'anthropic-sdk-0/helpers/zod';
import * as sdk1 from 'anthropic-sdk-1';
import * as betaZod1 from 'anthropic-sdk-1/helpers/beta/zod';
import * as zod1 from 'anthropic-sdk-1/helpers/zod';

/** An official TypeScript SDK, with what it makes of zod schemas. */
export interface Dialect {
  readonly dialect: string;
  readonly sdk: typeof sdk0;
  readonly betaZodTool: typeof betaZod0.betaZodTool;
  readonly betaZodOutputFormat: typeof betaZod0.betaZodOutputFormat;
  readonly zodOutputFormat: typeof zod0.zodOutputFormat;
}

/** Both versions of the API. They share all that tests call; the newer types merely leave out sampling. */
export const DIALECTS: readonly Dialect[] = [
  { dialect: '2023-06-01 (SDK 0.120)', sdk: sdk0, ...betaZod0, ...zod0 },
  {
    dialect: '2026-10-21 (SDK 1.10)',
    sdk: sdk1 as unknown as typeof sdk0,
    ...betaZod1,
    ...zod1,
  },
];

/** A client of the server, as its user makes one; a failure is not tried again. */
export function clientOf({ sdk }: Dialect, url: string): sdk0.Anthropic {
  return new sdk.Anthropic({ baseURL: url, apiKey: 'any key', maxRetries: 0 });
}
