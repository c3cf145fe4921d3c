import type { Readable, Writable } from 'node:stream';
import type { BackendDefinition } from '../backends/definition.ts';

/** Streams and environment that a command may use. Tests pass their own. */
export interface CliContext {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly environment: NodeJS.ProcessEnv;
  /** Kinds of backends. Default: all of Portico's. */
  readonly backends?: readonly BackendDefinition[];
}

/** Context of the present process. */
export function processContext(): CliContext {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
  };
}
