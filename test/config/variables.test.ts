import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVariableReader } from '../../src/config/variables.ts';
import { covers } from '../support/covers.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (text: string) => writeFile(path.join(folder, '.env'), text);

describe('a variable', () => {
  covers('R4.2-keys');

  it('is the environment’s, else that of .env', async () => {
    await write('# keys\nA=file\nexport B="of file" # mine\nC=\n');
    const read = createVariableReader({ A: 'shell', B: '', D: 'shell' }, [folder]);
    expect(await Promise.all(['A', 'B', 'C', 'D', 'E'].map(read))).toEqual([
      'shell',
      'of file',
      undefined,
      'shell',
      undefined,
    ]);
  });

  it('is read anew each time', async () => {
    const read = createVariableReader({}, [folder]);
    expect(await read('A')).toBeUndefined();
    await write('A=1');
    expect(await read('A')).toBe('1');
    await write('A=2');
    expect(await read('A')).toBe('2');
  });

  it('is looked for in one folder after the other', async () => {
    await write('A=1');
    const read = createVariableReader({}, [path.join(folder, 'none'), folder, folder]);
    expect(await read('A')).toBe('1');
  });
});
