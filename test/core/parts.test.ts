import { describe, expect, it } from 'vitest';
import type { Conversation, ImagePart, Part, TextPart } from '../../src/core/conversation.ts';
import { hasPart, imagesOf, imageSubject } from '../../src/core/parts.ts';

const text = (content: string): TextPart => ({ kind: 'text', text: content });
const image = (fileId: string): ImagePart => ({ kind: 'image', source: { kind: 'file', fileId } });
const conversation = (...parts: readonly Part[]): Conversation => ({
  system: [],
  turns: parts.map((part) => ({ role: 'user', parts: [part] })),
  tools: [],
});

describe('parts of a conversation', () => {
  const [first, inResult, inDocument] = [image('a'), image('b'), image('c')];
  const document: Part = {
    kind: 'document',
    source: { kind: 'content', parts: [text('d'), inDocument] },
    citations: false,
  };
  const output = [inResult, document];
  const result: Part = { kind: 'tool-result', callId: 'toolu_1', output, isError: false };

  it('include those inside of tool results and documents, in their order', () => {
    const seen: Part[] = [];
    const asked = conversation(first, result);
    expect(hasPart(asked, (part) => seen.push(part) < 0)).toBe(false);
    expect(seen).toEqual([first, result, inResult, document, text('d'), inDocument]);
    expect(hasPart(asked, (part) => part === inDocument)).toBe(true);
  });

  it('include images at every depth', () => {
    expect(imagesOf(conversation(first, result, text('e')))).toEqual([first, inResult, inDocument]);
  });
});

describe('the subject of an image', () => {
  it.each([
    ['has its place', { at: 'x.0' }, undefined, { at: 'x.0' }],
    ['has the kind of a source', { at: 'x.0' }, 'url', { at: 'x.0', source: 'url' }],
    ['is the messages if it has no place', {}, 'url', 'messages'],
  ] as const)('%s', (_title, place, source, subject) => {
    expect(imageSubject({ ...image('a'), ...place }, source)).toEqual(subject);
  });
});
