import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Makes a named pipe: opening it blocks. */
export async function makePipe(file: string): Promise<void> {
  await promisify(execFile)('mkfifo', [file]);
}
