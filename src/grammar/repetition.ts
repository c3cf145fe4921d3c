/** llama.cpp writes a repetition out, so that higher bounds are dropped. */
const MOST = 256;

/** A rule repeated at least and at most so often; a bound that is too high to be written out is dropped. */
export function repeated(
  rule: string,
  { least, most }: { readonly least: number; readonly most: number },
): string {
  const from = Math.min(Math.ceil(least), MOST);
  if (most <= 0) return '';
  if (most > MOST) return from === 0 ? `${rule}*` : `${rule}{${from},}`;
  return `${rule}{${from},${Math.floor(most)}}`;
}
