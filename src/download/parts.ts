const PART = /-(\d{5})-of-(\d{5})\.gguf$/i;

/**
 * Names of all parts of a GGUF file that is split in llama.cpp's way (`…-00001-of-00003.gguf`), in order;
 * only the given name if the file is not split. The prefix before the number is kept.
 */
export function allParts(name: string): readonly string[] {
  const count = Number(PART.exec(name)?.[2] ?? 0);
  if (count === 0) return [name];
  return Array.from({ length: count }, (_, index) =>
    partName(name.replace(PART, ''), index, count),
  );
}

/** Name of a part, counted from 0. llama.cpp derives the other names from the first one's. */
export function partName(stem: string, index: number, count: number): string {
  return `${stem}-${digits(index + 1)}-of-${digits(count)}.gguf`;
}

function digits(number: number): string {
  return String(number).padStart(5, '0');
}

/** File name without its part number and extension. */
export function stemOf(name: string): string {
  return name.replace(PART, '').replace(/\.gguf$/i, '');
}
