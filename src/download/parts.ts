const PART = /-(\d{5})-of-(\d{5})\.gguf$/i;

/**
 * The names of all parts of a GGUF that is split as llama.cpp splits (`…-00001-of-00003.gguf`), the
 * first part first; the name alone where it is whole. What stands before the number stays.
 */
export function allParts(name: string): readonly string[] {
  const count = Number(PART.exec(name)?.[2] ?? 0);
  if (count === 0) return [name];
  return Array.from({ length: count }, (_, index) =>
    partName(name.replace(PART, ''), index, count),
  );
}

/** The name of one part, counted from 0; llama.cpp finds the others by the first one's name. */
export function partName(stem: string, index: number, count: number): string {
  return `${stem}-${digits(index + 1)}-of-${digits(count)}.gguf`;
}

function digits(number: number): string {
  return String(number).padStart(5, '0');
}

/** A file's name without its part number and ending. */
export function stemOf(name: string): string {
  return name.replace(PART, '').replace(/\.gguf$/i, '');
}
