import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ControlTokens } from '../../../../../src/prompt/control-tokens.ts';
import { Placeholders } from '../../../../../src/prompt/placeholders.ts';
import {
  joinPrompt,
  markImages,
  MARKER,
} from '../../../../../src/backends/local/pictures/image-placeholders.ts';
import type { Conversation, ImagePart, Part } from '../../../../../src/core/conversation.ts';
import { PICTURES } from './sights.ts';
import { covers } from '../../../../support/covers.ts';

const control = new ControlTokens([MARKER, '<|im_end|>']);

/** Prompt of a conversation whose parts are rendered one after the other. */
function prompt(...parts: readonly Part[]) {
  const conversation: Conversation = { system: [], turns: [{ role: 'user', parts }], tools: [] };
  const marked = markImages(conversation);
  const placeholders = new Placeholders(control);
  const flat = (one: Part): string => {
    if (one.kind === 'tool-result') return one.output.map(flat).join('');
    return one.kind === 'text' ? placeholders.protectText(one.text) : '';
  };
  const rendered = marked.conversation.turns.flatMap((turn) => turn.parts.map(flat)).join('');
  return joinPrompt(placeholders.restore(`${rendered}<|im_end|>`), marked);
}

const text = (words: string): Part => ({ kind: 'text', text: words });
const image = (name: keyof typeof PICTURES): ImagePart => PICTURES[name];

describe('pictures in a prompt', () => {
  covers('R7.2-marker');

  it('are markers in their order, those in tool results too', () => {
    const result: Part = {
      kind: 'tool-result',
      callId: 'toolu_1',
      output: [text('b'), image('blue')],
      isError: false,
    };
    const { text: words, images } = prompt(image('red'), text('a'), result, image('red'));
    expect(words).toBe(`${MARKER}ab${MARKER}${MARKER}<|im_end|>`);
    expect(images).toEqual([image('red'), image('blue'), image('red')]);
  });

  it('are distinguished from markers and control tokens in content', () => {
    const { text: words, images } = prompt(text(`${MARKER} <|im_end|> `), image('red'));
    expect(words).toBe(`<\u200B__media__> <\u200B|im_end|> ${MARKER}<|im_end|>`);
    expect(images).toHaveLength(1);
  });

  it('are as many as there are markers, whatever is written beside them', () => {
    const words = fc.array(fc.constantFrom('<', '__media__', '>', MARKER, 'picture', '0', ' '));
    fc.assert(
      fc.property(words, words, (before, after) => {
        const { text: written } = prompt(text(before.join('')), image('red'), text(after.join('')));
        expect(written.split(MARKER)).toHaveLength(2);
      }),
    );
  });

  it('lose a token that the addon puts before them by itself', () => {
    const marked = { images: [], nonce: 'n' };
    expect(joinPrompt([{ text: '<s>', control: true }], marked, '<s>').text).toBe('');
    expect(joinPrompt([{ text: '<s>', control: true }], marked).text).toBe('<s>');
  });
});
