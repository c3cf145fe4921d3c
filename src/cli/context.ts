import type { Readable, Writable } from 'node:stream';

/** What a command may touch of the process that it runs in; tests give it streams of their own. */
export interface CliContext {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly environment: NodeJS.ProcessEnv;
}

/** The process itself. */
export function processContext(): CliContext {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    environment: process.env,
  };
}
