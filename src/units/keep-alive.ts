/** Time that a model stays in memory after its last request: milliseconds, or for ever. */
export type KeepAlive = number | 'always';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Number of seconds, or numbers with units. */
const DURATION = /^(?:(\d+(?:\.\d+)?)|(?:\d+(?:\.\d+)?(?:ms|[smhd]))+)$/;

/**
 * Reads a keep-alive as Ollama writes it: `300` (seconds), `5m`, `1h30m`; 0 frees the model at once,
 * `always` or a negative number never frees it. Returns undefined for any other text.
 *
 * @see https://docs.ollama.com/faq, “How do I keep a model loaded in memory or make it unload immediately?”
 */
export function parseKeepAlive(text: string): KeepAlive | undefined {
  const written = text.trim().toLowerCase();
  if (written === 'always') return 'always';
  const isNegative = written.startsWith('-');
  const milliseconds = parseDuration(isNegative ? written.slice(1) : written);
  return isNegative && milliseconds !== undefined && milliseconds > 0 ? 'always' : milliseconds;
}

function parseDuration(written: string): number | undefined {
  const match = DURATION.exec(written);
  if (match === null) return undefined;
  if (match[1] !== undefined) return Math.round(Number(match[1]) * 1000);
  const parts = [...written.matchAll(/(?<![\d.])([\d.]+)([a-z]+)/g)];
  return Math.round(
    parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0),
  );
}
