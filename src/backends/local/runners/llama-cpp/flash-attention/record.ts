import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../../../../core/json.ts';
import { readRegularFile } from '../../../../../core/regular-file.ts';
import { writeWholeFile } from '../../../../../core/write-file.ts';
import type { AttentionStore } from '../../../engine-settings.ts';
import type { AttentionRates } from './choice.ts';
import type { RequestMix } from './request-mix.ts';

/** Version of the file. Increment it if an earlier file can't be read. */
const VERSION = 1;

/** A record has less. */
const MOST_BYTES = 64 * 2 ** 10;

const count = z.number().nonnegative();
const tokenTime = z.object({ atStart: count, growth: count });
const times = z.object({ prefill: tokenTime, decode: tokenTime });
const group = z.object({ tokens: count, depth: count });

const recordSchema = z.object({
  version: z.literal(VERSION),
  /** Kind of flash attention that was chosen at the last load. */
  use: z.enum(['on', 'off']).optional(),
  rates: z.object({ on: times, off: times }).optional(),
  /** Versions of the addon and llama.cpp that were measured. */
  measuredWith: z.string().optional(),
  mix: z.object({ cold: group, warm: group, generated: group }).optional(),
});

/** Facts of a model's weights that decide flash attention. They contain numbers only, nothing of a conversation. */
export interface AttentionRecord {
  readonly use?: 'on' | 'off' | undefined;
  readonly rates?: AttentionRates | undefined;
  readonly measuredWith?: string | undefined;
  readonly mix?: RequestMix | undefined;
}

function recordFile({ folder }: AttentionStore, identity: string): string {
  return path.join(folder, `model-${identity}.json`);
}

/** Reads the record of a model's weights; empty if there is none. */
export async function readAttention(
  store: AttentionStore | undefined,
  identity: string,
): Promise<AttentionRecord> {
  if (store === undefined) return {};
  const file = recordFile(store, identity);
  const text = await readRegularFile(file, MOST_BYTES).catch(() => '');
  const { data } = recordSchema.safeParse(parseJson(text));
  return data ?? {};
}

/** Writes the record of a model's weights. */
export async function writeAttention(
  store: AttentionStore,
  identity: string,
  record: AttentionRecord,
): Promise<void> {
  await mkdir(store.folder, { recursive: true, mode: 0o700 });
  const text = JSON.stringify({ version: VERSION, ...record });
  await writeWholeFile(recordFile(store, identity), text, 0o600);
}
