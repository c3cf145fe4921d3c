const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Bytes of a size such as `18.6 GB`, `512 MiB` or a plain number; undefined for any other text. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() || 'b'];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** Formats bytes in decimal units with three digits, as model publishers write them: `18.6 GB`. */
export function formatSize(bytes: number): string {
  const [unit, size] =
    [['TB', 1e12] as const, ['GB', 1e9] as const, ['MB', 1e6] as const, ['kB', 1e3] as const].find(
      // 999.9 MB rounds to 1000 MB, so it is written as 1 GB.
      ([, candidate]) => bytes >= candidate * 0.9995,
    ) ?? (['B', 1] as const);
  return `${Number((bytes / size).toPrecision(3))} ${unit}`;
}
