/** A text cut at the given places; those beyond its end are left out. */
export function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.filter((place) => place <= text.length), text.length].toSorted(
    (one, other) => one - other,
  );
  return sorted.slice(1).map((place, index) => text.slice(sorted[index], place));
}
