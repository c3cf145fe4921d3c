/** Highest bound of a repetition: llama.cpp expands repetitions, so higher bounds are dropped. */
const MOST = 256;

/** Repeats a rule within bounds. A bound that is too high for llama.cpp is dropped. */
export function repeated(
  rule: string,
  { least, most }: { readonly least: number; readonly most: number },
): string {
  const from = Math.min(Math.ceil(least), MOST);
  if (most <= 0) return '';
  if (most > MOST) return from === 0 ? `${rule}*` : `${rule}{${from},}`;
  return `${rule}{${from},${Math.floor(most)}}`;
}
