import { createAnthropicWire } from './anthropic/wire.ts';
import { createThinkingSeal } from './anthropic/signature.ts';
import type { Wire } from './wire.ts';

/** Dependencies of wires on the process that serves them. */
export interface WireContext {
  /** Key that signs thinking, so that clients can't return altered thinking. */
  readonly thinkingKey: Uint8Array;
  /** Refuses requests that the real API refuses, though this server can answer them. */
  readonly strict?: boolean;
}

/** Creates all wires. If two share a path and neither claims a request, the first one answers. */
export function createWires({ thinkingKey, strict = false }: WireContext): readonly Wire[] {
  return [createAnthropicWire({ seal: createThinkingSeal(thinkingKey), strict })];
}
