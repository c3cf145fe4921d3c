import { createAnthropicWire } from './anthropic/wire.ts';
import { createThinkingSeal } from './anthropic/signature.ts';
import type { Wire } from './wire.ts';

/** Dependencies of wires on the process that serves them. */
export interface WireContext {
  /** Key that signs thinking, so that clients can't change what they send back. */
  readonly thinkingKey: Uint8Array;
}

/** The dialects that are served. Where two share a path and neither claims a request, the first answers. */
export function createWires({ thinkingKey }: WireContext): readonly Wire[] {
  return [createAnthropicWire(createThinkingSeal(thinkingKey))];
}
