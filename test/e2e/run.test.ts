import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPortico } from '../support/server.ts';
import { covers } from '../support/covers.ts';

const COUNTED = /1, 2, 3/;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'portico-run-'));
});
afterAll(() => rm(home, { recursive: true }));

describe('portico run', () => {
  covers('R2.2-run', 'R2.2-run-stdin', 'R2.10-unknown');

  const environment = () => ({ PORTICO_HOME: home });

  it('answers the prompt on its command line', async () => {
    const args = ['run', 'mini', 'Count from 1 to 3'];
    const { code, stdout } = await runPortico(args, environment());
    expect(code).toBe(0);
    expect(stdout).toMatch(COUNTED);
  });

  it('answers the prompt on its standard input', async () => {
    const args = ['run'];
    const { code, stdout } = await runPortico(args, environment(), 'Count from 1 to 3\n');
    expect(code).toBe(0);
    expect(stdout).toMatch(COUNTED);
  });

  it('names the models there are where the model is unknown', async () => {
    const { code, stderr } = await runPortico(['run', 'nobody', 'Hello'], environment());
    expect(code).toBe(1);
    expect(stderr).toMatch(/nobody.*mini/s);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
