import type { ToolText } from './tool-text.ts';

/** Usual constants of Okapi BM25: saturation of repeated words, and influence of the length. */
const SATURATION = 1.2;
const LENGTH_INFLUENCE = 0.75;

/** Weight of a word in the name, compared to one in the other texts. */
const NAME_WEIGHT = 3;

/** Words of a tool with their counts. */
export interface WordCounts {
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
}

/** Counts the words of a tool. */
export function wordCounts({ name, description, parameters }: ToolText): WordCounts {
  const counts = new Map<string, number>();
  let total = 0;
  const add = (text: string, weight: number): void => {
    for (const word of wordsOf(text)) {
      counts.set(word, (counts.get(word) ?? 0) + weight);
      total += weight;
    }
  };
  add(name, NAME_WEIGHT);
  add(description, 1);
  add(parameters, 1);
  return { counts, total };
}

/**
 * Ranks documents by BM25. Returns the indices of those with a word of the query, the best first.
 *
 * @see https://en.wikipedia.org/wiki/Okapi_BM25
 */
export function rankByWords(query: string, documents: readonly WordCounts[]): readonly number[] {
  const length = documents.reduce((sum, { total }) => sum + total, 0) / documents.length;
  const rarities = [...new Set(wordsOf(query))].map((word) => {
    const having = documents.filter(({ counts }) => counts.has(word)).length;
    return { word, rarity: Math.log(1 + (documents.length - having + 0.5) / (having + 0.5)) };
  });
  return documents
    .map(({ counts, total }, index) => {
      const norm = SATURATION * (1 - LENGTH_INFLUENCE + (LENGTH_INFLUENCE * total) / length);
      const scores = rarities.map(({ word, rarity }) => {
        const count = counts.get(word) ?? 0;
        return (rarity * count * (SATURATION + 1)) / (count + norm);
      });
      return { index, score: scores.reduce((sum, score) => sum + score, 0) };
    })
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score)
    .map(({ index }) => index);
}

/** Words in lower case; parts of `snake_case` and `camelCase` are words, and a plural is its singular. */
function wordsOf(text: string): readonly string[] {
  const separated = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').toLowerCase();
  return (separated.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) =>
    /[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word,
  );
}
