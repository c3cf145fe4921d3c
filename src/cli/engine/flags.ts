import type { AgreeFlags } from '../ui/agree.ts';

/** Flags of `portico engine`. */
export interface EngineFlags extends AgreeFlags {
  readonly release?: string;
  readonly build?: string;
  readonly llamaServer?: string;
  readonly json?: boolean;
}
