import ts from 'typescript';
import { walk } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

/** Words for engineers to read: a comment, a docstring, a message or a line of a Markdown file. */
interface Prose {
  readonly kind: 'docstring' | 'comment' | 'message' | 'text';
  readonly line: number;
  readonly text: string;
}

/** A private expression and the term that the field has for it. */
interface PrivateWord {
  readonly pattern: RegExp;
  readonly write: string;
}

const OPENING = /^(?:What|Whatever|Whether|Where|Wherever|How|Who|Whoever|When|Why|Which)\b/;

/** Tags whose text is a phrase too. */
const TAG_OPENING =
  /@(?:param \S+|returns) +(what|whatever|whether|where|how|who|whoever|when|why|which)\b/;

const PRIVATE_WORDS: readonly PrivateWord[] = [
  { pattern: /\bbehind\b(?! (?:an?|the|its|that) (?:reverse )?prox)/i, write: 'after, past' },
  { pattern: /\b(?:stands?|stood|standing)\b(?! in for)/i, write: 'is, means' },
  { pattern: /\b(?:tells?|told|telling)\b(?! me\b)/i, write: 'reports, says, shows' },
  { pattern: /\b(?:gives?|gave|giving)\b(?! up)/i, write: 'returns, sends' },
  {
    pattern: /\bholds?\b(?! (?:an?|the|its|no|one) (?:lock|lease|slot))/i,
    write: 'contains, keeps',
  },
  { pattern: /\b(?:lies|lying)\b/i, write: 'is' },
  { pattern: /\b(?:nobody|somebody|whoever|whomever)\b/i, write: 'no one, a client' },
  { pattern: /\bwhere (?:it|they|there)\b/i, write: 'if it' },
  { pattern: /\b(?:undefined|null|none|true|false) where\b/i, write: 'undefined if' },
  { pattern: /\bways? out\b/i, write: 'hint' },
  {
    pattern: /\b(?:wishes|wished|fares|precious|lesser|kinship|patience)\b/i,
    write: 'a plain word',
  },
  { pattern: /\bthe (?:design|brief)(?:['’]s)?\b/i, write: 'the reason itself' },
];

/** Places in a TypeScript or JavaScript file whose prose breaks a rule. */
export function codeMistakes(file: SourceFile): string[] {
  return mistakesOf(file.path, [...commentsOf(file), ...messagesOf(file)]);
}

/** Places in a Markdown file whose prose breaks a rule. */
export function textMistakes(path: string, markdown: string): string[] {
  let isCode = false;
  const lines = markdown.split('\n').flatMap((text, index): Prose[] => {
    const isFence = /^\s*(?:```|~~~)/.test(text);
    if (isFence) isCode = !isCode;
    return isFence || isCode ? [] : [{ kind: 'text', line: index + 1, text }];
  });
  return mistakesOf(path, lines);
}

function mistakesOf(path: string, found: readonly Prose[]): string[] {
  return found.flatMap((prose) =>
    [...openingMistakes(prose), ...wordMistakes(prose)].map(
      (mistake) => `${path}:${prose.line}: ${mistake}`,
    ),
  );
}

function openingMistakes({ kind, text }: Prose): string[] {
  if (kind !== 'docstring') return [];
  const opening = OPENING.exec(text)?.[0] ?? TAG_OPENING.exec(text)?.[1];
  return opening === undefined
    ? []
    : [`a docstring begins with “${opening}”: write a noun or a verb in the third person`];
}

function wordMistakes({ text }: Prose): string[] {
  const words = withoutQuotes(text);
  return PRIVATE_WORDS.flatMap(({ pattern, write }) => {
    const found = pattern.exec(words)?.[0];
    return found === undefined ? [] : [`“${found}”: write ${write}`];
  });
}

/** Code, addresses and quoted words are not the author's own. */
function withoutQuotes(text: string): string {
  return text.replaceAll(/`[^`]*`|https?:\S+|“[^”]*”|"[^"]*"/g, '`');
}

/** Comments in the order of the file; line comments that follow each other are one. */
function commentsOf({ text, tree }: SourceFile): Prose[] {
  const comments: Prose[] = [];
  let lastLine = -1;
  for (const { pos, end, kind } of commentRanges(text, tree)) {
    const line = tree.getLineAndCharacterOfPosition(pos).line + 1;
    const words = wordsOf(text.slice(pos, end));
    const last = comments.at(-1);
    const isLine = kind === ts.SyntaxKind.SingleLineCommentTrivia;
    if (isLine && last?.kind === 'comment' && lastLine === line - 1) {
      comments[comments.length - 1] = { ...last, text: `${last.text} ${words}` };
    } else {
      const isDocstring = text.startsWith('/**', pos);
      comments.push({ kind: isDocstring ? 'docstring' : 'comment', line, text: words });
    }
    lastLine = isLine ? line : -1;
  }
  return comments;
}

function commentRanges(text: string, tree: ts.SourceFile): ts.CommentRange[] {
  const ranges = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(tree);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const leading = ts.getLeadingCommentRanges(text, node.pos) ?? [];
    const trailing = ts.getTrailingCommentRanges(text, node.end) ?? [];
    for (const range of [...leading, ...trailing]) ranges.set(range.pos, range);
  };
  visit(tree);
  return [...ranges.values()].toSorted((a, b) => a.pos - b.pos);
}

/** A comment on one line, without its marks. */
function wordsOf(comment: string): string {
  return comment
    .replaceAll(/^\/\*+|\*\/$|^\/\/|^\s*\*/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Texts of at least three words; shorter ones are names and values. */
function messagesOf({ tree }: SourceFile): Prose[] {
  const messages: Prose[] = [];
  walk(tree, (node) => {
    if (!ts.isStringLiteralLike(node) && !ts.isTemplateLiteralToken(node)) return;
    if (!/\p{L} \p{L}+ \p{L}/u.test(node.text)) return;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    messages.push({ kind: 'message', line: line + 1, text: node.text });
  });
  return messages;
}
