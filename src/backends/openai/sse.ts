import { readLines } from '../lines.ts';

/** One token's event has some 300 bytes; a call in one event has less than this. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * The data of the events of an SSE stream, without `[DONE]`, which ends it. No server of this API
 * spreads an event's data over several lines; some write errors without `data:`, or as `error:`.
 */
export async function* readEvents(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  for await (const line of readLines(bytes, MAX_LINE_BYTES)) {
    const data = dataOf(line);
    if (data === '[DONE]') return;
    if (data !== undefined) yield data;
  }
}

function dataOf(line: string): string | undefined {
  const [, field, value = ''] = /^(data|error):\s*(.*)$/s.exec(line) ?? [];
  if (field === 'data') return value;
  if (field === 'error') return `{"error":${value}}`;
  const ignored = line.startsWith(':') || /^(event|id|retry):/.test(line);
  return ignored ? undefined : line;
}
