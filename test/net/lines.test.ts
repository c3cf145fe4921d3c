import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/net/lines.ts';
import { covers } from '../support/covers.ts';

async function* cut(bytes: Uint8Array, at: readonly number[]): AsyncGenerator<Uint8Array> {
  const edges = [0, ...at.toSorted((one, other) => one - other), bytes.length];
  for (const [index, edge] of edges.slice(1).entries()) yield bytes.subarray(edges[index], edge);
}

async function lines(text: string, at: readonly number[] = [], most = 1000): Promise<string[]> {
  const all: string[] = [];
  for await (const line of readLines(cut(Buffer.from(text), at), most)) all.push(line);
  return all;
}

describe('lines of a stream', () => {
  covers('R2.8-translate', 'R2.8-failure');

  it('are the same however the bytes are cut', async () => {
    const texts = fc.array(fc.stringMatching(/^[a🙂é]{1,9}$/u), { maxLength: 5 });
    const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(texts, cuts, async (expected, at) => {
        expect(await lines(expected.map((line) => `${line}\n`).join(''), at)).toEqual(expected);
      }),
    );
  });

  it.each([
    ['a last line without its end', 'a\nb', ['a', 'b']],
    ['empty lines', '\n\na\r\n\r\n\n', ['a']],
    ['nothing', '', []],
  ])('%s', async (_name, text, expected) => {
    expect(await lines(text)).toEqual(expected);
  });

  it('have a greatest length, in bytes', async () => {
    expect(await lines('éé\néé\n', [], 4)).toEqual(['éé', 'éé']);
    await expect(lines('ééé\n', [2, 3], 4)).rejects.toMatchObject({ code: 'backend-failed' });
  });
});
