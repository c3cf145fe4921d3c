import type { Citation } from '../../../core/citation.ts';
import type { DocumentPart, Part, SearchResultPart } from '../../../core/conversation.ts';
import type { Steps } from '../../../core/steps.ts';
import { sentencesOf } from './sentences.ts';
import type { Span } from './sentences.ts';

/** Smallest part of a source that can be cited. */
export interface Passage {
  /** Index of the page or block that contains it; 0 in a text. */
  readonly unit: number;
  /** Location in the unit. */
  readonly span: Span;
  /** Location as the API counts it: characters of a text, pages from 1, or blocks. The end is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** Source whose passages can be cited. */
export interface CitedSource {
  readonly part: DocumentPart | SearchResultPart;
  /** Number among the documents, or among the search results, of the request. */
  readonly index: number;
  /** Texts of the pages or blocks; one for a text. */
  readonly units: readonly string[];
  readonly passages: readonly Passage[];
}

/** Divides a document or a search result into passages: sentences of texts and pages, or its blocks. */
export function* passagesOf(
  part: DocumentPart | SearchResultPart,
  index: number,
): Steps<CitedSource> {
  if (part.kind === 'search-result') return blocksOf(part, index, part.content);
  const { source } = part;
  switch (source.kind) {
    case 'text':
      return yield* textOf(part, index, source.text);
    case 'pages':
      return yield* pagesOf(part, index, source.pages);
    case 'content':
      return blocksOf(part, index, source.parts);
    case 'base64':
    case 'url':
    case 'file':
      // No backend gets these: an earlier middleware reads them, or fails.
      return { part, index, units: [], passages: [] };
    default:
      return source satisfies never;
  }
}

function* textOf(part: DocumentPart, index: number, text: string): Steps<CitedSource> {
  const passages: Passage[] = [];
  let [at, characters] = [0, 0];
  // Clients count characters of Unicode, of which JavaScript counts some twice.
  const count = (end: number): number => {
    for (; at < end; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) characters += 1;
    return characters;
  };
  for (const span of yield* sentencesOf(text)) {
    passages.push({ unit: 0, span, start: count(span.start), end: count(span.end) });
    yield;
  }
  return { part, index, units: [text], passages };
}

function* pagesOf(part: DocumentPart, index: number, pages: readonly string[]): Steps<CitedSource> {
  const passages: Passage[] = [];
  for (const [unit, page] of pages.entries()) {
    for (const span of yield* sentencesOf(page)) {
      passages.push({ unit, span, start: unit + 1, end: unit + 2 });
    }
  }
  return { part, index, units: pages, passages };
}

function blocksOf(part: CitedSource['part'], index: number, blocks: readonly Part[]): CitedSource {
  const units = blocks.map((block) => (block.kind === 'text' ? block.text : ''));
  const passages = units.flatMap((text, unit): readonly Passage[] =>
    text === '' ? [] : [{ unit, span: { start: 0, end: text.length }, start: unit, end: unit + 1 }],
  );
  return { part, index, units, passages };
}

/** Citation of the passages from one to another of a source. */
export function citationOf(
  { part, index, units }: CitedSource,
  first: Passage,
  last: Passage,
): Citation {
  const citedText = textBetween(units, first, last);
  const place = { start: first.start, end: last.end, citedText };
  if (part.kind === 'search-result') {
    return { kind: part.kind, result: index, source: part.source, title: part.title, ...place };
  }
  const { title, source } = part;
  const fileId = 'fileId' in source ? source.fileId : undefined;
  const named = { ...(title !== undefined && { title }), ...(fileId !== undefined && { fileId }) };
  return { kind: kindOf(source), document: index, ...named, ...place };
}

function kindOf({ kind }: DocumentPart['source']): 'characters' | 'pages' | 'blocks' {
  if (kind === 'content') return 'blocks';
  return kind === 'text' ? 'characters' : 'pages';
}

function textBetween(units: readonly string[], first: Passage, last: Passage): string {
  return units
    .slice(first.unit, last.unit + 1)
    .map((text, offset) => {
      const unit = first.unit + offset;
      const end = unit === last.unit ? last.span.end : text.length;
      return text.slice(unit === first.unit ? first.span.start : 0, end);
    })
    .join('');
}
