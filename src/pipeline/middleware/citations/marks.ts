import type { Citation } from '../../../core/citation.ts';
import type { DocumentPart, Part, SearchResultPart } from '../../../core/conversation.ts';
import type { Steps } from '../../../core/steps.ts';
import { writeMark } from './mark-reader.ts';
import type { MarkedRange } from './mark-reader.ts';
import { citationOf, passagesOf } from './passages.ts';
import type { CitedSource, Passage } from './passages.ts';

/** Source and the number of its first passage. */
interface NumberedSource {
  readonly source: CitedSource;
  readonly first: number;
}

/**
 * Numbers of all passages of a request, counted from 1 in the order of its sources. A later turn adds sources
 * at the end, so the numbers of the earlier ones stay.
 */
export class Marks {
  readonly #sources: readonly NumberedSource[];
  readonly #byPart: ReadonlyMap<Part, NumberedSource>;

  private constructor(sources: readonly NumberedSource[]) {
    this.#sources = sources;
    this.#byPart = new Map(sources.map((numbered) => [numbered.source.part, numbered]));
  }

  /** Numbers the passages of documents and search results. */
  static *of(parts: readonly (DocumentPart | SearchResultPart)[]): Steps<Marks> {
    const sources: NumberedSource[] = [];
    const counts = { document: 0, 'search-result': 0 };
    let first = 1;
    for (const part of parts) {
      const source = yield* passagesOf(part, counts[part.kind]++);
      sources.push({ source, first });
      first += source.passages.length;
      yield;
    }
    return new Marks(sources);
  }

  /** Citation of the passages with these numbers; undefined if they are not in one source. */
  citation({ first, last }: MarkedRange): Citation | undefined {
    const numbered = this.#sources.findLast((each) => each.first <= first);
    if (numbered === undefined) return undefined;
    const { passages } = numbered.source;
    const [from, to] = [passages[first - numbered.first], passages[last - numbered.first]];
    if (from === undefined || to === undefined || last < first) return undefined;
    return citationOf(numbered.source, from, to);
  }

  /** Mark that leads to a citation; empty if its source is no longer in the request. */
  markOf(citation: Citation): string {
    const numbered = this.#sources.find(({ source }) => isSourceOf(source, citation));
    if (numbered === undefined) return '';
    const { source, first } = numbered;
    const from = source.passages.findIndex(
      (passage) => passage.start === citation.start && startsWith(source, passage, citation),
    );
    if (from === -1) return '';
    for (let to = from; to < source.passages.length; to += 1) {
      const range = { first: first + from, last: first + to };
      const text = this.citation(range)?.citedText ?? '';
      if (text === citation.citedText) return writeMark(range);
      if (text.length > citation.citedText.length) break;
    }
    return '';
  }

  /** Document or search result with a mark after each of its passages. */
  write(part: DocumentPart | SearchResultPart): DocumentPart | SearchResultPart {
    const numbered = this.#byPart.get(part);
    if (numbered === undefined) return part;
    const units = markedUnits(numbered);
    if (part.kind === 'search-result') {
      return {
        ...part,
        content: part.content.map((block, unit) => ({ ...block, text: units[unit] ?? '' })),
      };
    }
    return { ...part, source: markedSource(part.source, units) };
  }
}

function isSourceOf({ part, index }: CitedSource, citation: Citation): boolean {
  return citation.kind === 'search-result'
    ? part.kind === citation.kind && index === citation.result
    : part.kind === 'document' && index === citation.document;
}

function startsWith(source: CitedSource, passage: Passage, { citedText }: Citation): boolean {
  return citedText.startsWith(citationOf(source, passage, passage).citedText);
}

function markedUnits({ source, first }: NumberedSource): readonly string[] {
  const pieces: string[][] = source.units.map(() => []);
  const ends = source.units.map(() => 0);
  for (const [index, { unit, span }] of source.passages.entries()) {
    const mark = writeMark({ first: first + index, last: first + index });
    pieces[unit]?.push(source.units[unit]?.slice(ends[unit], span.end) ?? '', mark);
    ends[unit] = span.end;
  }
  return source.units.map((text, unit) => `${pieces[unit]?.join('')}${text.slice(ends[unit])}`);
}

function markedSource(
  source: DocumentPart['source'],
  units: readonly string[],
): DocumentPart['source'] {
  switch (source.kind) {
    case 'text':
      return { ...source, text: units[0] ?? '' };
    case 'pages':
      return { ...source, pages: units };
    case 'content':
      return {
        ...source,
        parts: source.parts.map((part, unit) =>
          part.kind === 'text' ? { ...part, text: units[unit] ?? '' } : part,
        ),
      };
    default:
      return source;
  }
}
