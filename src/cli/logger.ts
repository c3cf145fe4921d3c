import { pino } from 'pino';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.ts';
import type { CliContext } from './context.ts';

/** Logs go to stderr: readable lines on a terminal, JSON lines elsewhere. */
export async function createLogger(
  level: Settings['logLevel'],
  { stderr }: CliContext,
): Promise<Logger> {
  const options = { level, base: null };
  if (stderr.isTTY !== true) return pino(options, stderr);
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: stderr,
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  });
  return pino(options, stream);
}
