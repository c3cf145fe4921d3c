import { readLineGroups } from '../../net/lines.ts';

/** One token's event has some 300 bytes; a call in one event has less than this. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/**
 * The data of the events of an SSE stream, those that arrive together in one piece, without `[DONE]`,
 * which ends it. No server of this API spreads an event's data over several lines; some write errors
 * without `data:`, or as `error:`.
 */
export async function* readEvents(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly string[], void> {
  for await (const lines of readLineGroups(bytes, MAX_LINE_BYTES)) {
    const data = lines.flatMap((line) => dataOf(line) ?? []);
    const end = data.indexOf('[DONE]');
    yield end === -1 ? data : data.slice(0, end);
    if (end !== -1) return;
  }
}

function dataOf(line: string): string | undefined {
  const [, field, value = ''] = /^(data|error):\s*(.*)$/s.exec(line) ?? [];
  if (field === 'data') return value;
  if (field === 'error') return `{"error":${value}}`;
  const ignored = line.startsWith(':') || /^(event|id|retry):/.test(line);
  return ignored ? undefined : line;
}
