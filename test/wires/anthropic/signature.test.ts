import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createThinkingSeal } from '../../../src/wires/anthropic/signature.ts';
import { refusal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const key = randomBytes(32);
const seal = createThinkingSeal(key);
const other = createThinkingSeal(randomBytes(32));

describe('signatures of thinking', () => {
  covers('R2.5-signature', 'R2.5-omitted', 'R2.5-signature-check', 'R2.5-signature-key');

  it('have the form portico1.<key id>.<mac> and are the same for the same key', () => {
    const signature = seal.sign('hm');
    expect(signature).toMatch(/^portico1\.[\w-]{8}\.[\w-]{43}$/);
    expect(createThinkingSeal(key).sign('hm')).toBe(signature);
    expect(other.sign('hm').split('.')[1]).not.toBe(signature.split('.')[1]);
  });

  it('return any text that was signed or sealed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(seal.open(text, seal.sign(text))).toBe(text);
        expect(seal.open('', seal.seal(text))).toBe(text);
        expect(seal.open(text, seal.seal(text))).toBe(text);
      }),
    );
  });

  it('hide sealed thinking and differ for each seal', () => {
    const sealed = seal.seal('my secret plan');
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain(
      'secret',
    );
    expect(seal.seal('my secret plan')).not.toBe(sealed);
  });

  it.each([
    ['no signature', ''],
    ['a signature of another server', 'EqQBCkYIARgCIkDN'],
    ['a signature of another key', other.sign('text')],
    ['a seal of another key', other.seal('text')],
    ['a signature of another version', 'portico2.x.y'],
  ])('are not verified if foreign: %s', (_name, signature) => {
    expect(seal.open('text', signature)).toBe('text');
  });

  const sealed = seal.seal('text');
  it.each([
    ['another text', 'changed', seal.sign('text')],
    ['no text', '', seal.sign('text')],
    ['a mac cut short', 'text', seal.sign('text').slice(0, -1)],
    ['no mac', 'text', `${seal.sign('text').split('.').slice(0, 2).join('.')}.`],
    ['a text that differs from the sealed one', 'changed', sealed],
    ['sealed bytes cut short', '', sealed.slice(0, -4)],
    ['too few sealed bytes', '', `${sealed.split('.').slice(0, 3).join('.')}.AAAA`],
    ['the seal of another text', '', `${seal.sign('other')}.${sealed.split('.')[3]}`],
    ['an appended part', '', `${sealed}.x`],
  ])('of the own key are refused with %s', (_name, text, signature) => {
    const failure = refusal(() => seal.open(text, signature));
    expect([failure.code, failure.message]).toEqual([
      'invalid-request',
      'Invalid `signature` in `thinking` block',
    ]);
  });

  it('require a key of 32 bytes', () => {
    expect(refusal(() => createThinkingSeal(new Uint8Array(16))).message).toMatch(
      /16 bytes instead of 32/,
    );
  });
});
