import { pino } from 'pino';
import type { Logger, LoggerOptions } from 'pino';
import type { Settings } from '../../config/settings.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import type { CliContext } from '../context.ts';
import { printableLine, printable } from './printable.ts';

/** Options of every log. They remove secrets and control characters from each line. */
export function loggerOptions(level: Settings['logLevel']): LoggerOptions {
  return { level, base: null, hooks: { streamWrite: cleanLine } };
}

/** Creates a log on stderr: readable lines on a terminal, JSON lines elsewhere. */
export async function createLogger(
  level: Settings['logLevel'],
  { stderr }: CliContext,
): Promise<Logger> {
  const options = loggerOptions(level);
  if (stderr.isTTY !== true) return pino(options, stderr);
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    destination: stderr,
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  });
  return pino({ ...options, hooks: { streamWrite: shownLine } }, stream);
}

function cleanLine(line: string): string {
  return printable(withoutSecrets(line));
}

/**
 * Cleans a line for pino-pretty, which prints texts without escapes. Control characters become visible,
 * and a message stays on its line.
 */
function shownLine(line: string): string {
  const shown: unknown = JSON.parse(withoutSecrets(line), (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    return key === 'msg' ? printableLine(value) : printable(value);
  });
  return `${JSON.stringify(shown)}\n`;
}
