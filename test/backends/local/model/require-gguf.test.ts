import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireGguf } from '../../../../src/backends/local/model/require-gguf.ts';
import { ggufHeader, uint32, uint64 } from '../../../support/gguf.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'portico-gguf-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TERABYTE = 2 ** 40;

/** A file that has room for every count, and takes no room on the disk. */
async function sparse(name: string, begin: Buffer): Promise<string> {
  const file = join(folder, name);
  const handle = await open(file, 'w');
  await handle.write(begin);
  await handle.truncate(TERABYTE);
  await handle.close();
  return file;
}

const head = (tensors: number, values: number): Buffer =>
  Buffer.concat([Buffer.from('GGUF'), uint32(3), uint64(tensors), uint64(values)]);

/** One value with the key `x`. */
const valued = (type: number, ...value: Buffer[]): Buffer =>
  Buffer.concat([head(0, 1), uint64(1), Buffer.from('x'), uint32(type), ...value]);

const [NUMBER, TEXT, LIST] = [0, 8, 9];

describe('a sparse GGUF of a terabyte', () => {
  it.each([
    [
      'a list of 2^40 texts',
      valued(LIST, uint32(TEXT), uint64(2 ** 40)),
      'it declares 1099511627776',
    ],
    [
      'a list of 2^39 numbers',
      valued(LIST, uint32(NUMBER), uint64(2 ** 39)),
      'it declares 549755813888',
    ],
    ['a text of 16 GB', valued(TEXT, uint64(2 ** 34)), 'it declares 17179869184'],
    ['a list in a list', valued(LIST, uint32(LIST), uint64(1)), 'it has a list of lists'],
    ['2^40 values', head(0, 2 ** 40), 'it declares 1099511627776'],
    ['2^40 tensors', head(2 ** 40, 0), 'it declares 1099511627776'],
    [
      'a text in a list that has a gigabyte',
      valued(LIST, uint32(TEXT), uint64(2), uint64(2 ** 30)),
      'its header has over 268435456 bytes',
    ],
  ])('that claims %s is refused by name', async (name, begin, reason) => {
    const file = await sparse(name, begin);
    expect(() => requireGguf(file)).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringContaining(`${file} can't be read as GGUF: ${reason}`),
      }),
    );
  });

  it('is refused as a later part of a split file', async () => {
    const [first, second] = [1, 2].map((number) => `split-0000${number}-of-00002.gguf`);
    await sparse(first ?? '', ggufHeader({}));
    const file = await sparse(second ?? '', head(2 ** 40, 0));
    expect(() => requireGguf(join(folder, first ?? ''))).toThrow(`${file} can't be read`);
  });
});
