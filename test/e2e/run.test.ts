import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { runPortico } from '../support/server.ts';

const COUNTED = /1, 2, 3/;
const CTRL_C = '\u0003';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'portico-run-'));
});
afterAll(() => rm(home, { recursive: true }));

describe('portico run, to its end', () => {
  const environment = () => ({ PORTICO_HOME: home });

  it('[R2.2-run] answers the prompt on its command line', async () => {
    const args = ['run', '--threads', '1', 'mini', 'Count from 1 to 3'];
    const { code, stdout } = await runPortico(args, environment());
    expect(code).toBe(0);
    expect(stdout).toMatch(COUNTED);
  });

  it('[R2.2-run-stdin] answers the prompt on its standard input', async () => {
    const args = ['run', '--threads', '1'];
    const { code, stdout } = await runPortico(args, environment(), 'Count from 1 to 3\n');
    expect(code).toBe(0);
    expect(stdout).toMatch(COUNTED);
  });

  it('[R2.2-run] [R2.10-unknown] names the models there are where the model is unknown', async () => {
    const { code, stderr } = await runPortico(['run', 'nobody', 'Hello'], environment());
    expect(code).toBe(1);
    expect(stderr).toMatch(/nobody.*mini/s);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

/** A terminal of our own: what it shows, and keys that are pressed when something shows. */
function terminal() {
  let shown = '';
  const waiting: { readonly pattern: RegExp; readonly seen: () => void }[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      shown += chunk.toString();
      for (const { pattern, seen } of waiting) if (pattern.test(shown)) seen();
      done();
    },
  });
  return {
    stdin: Object.assign(new PassThrough(), { isTTY: true }),
    stdout: Object.assign(stdout, { isTTY: true, columns: 200 }),
    stderr: new PassThrough().resume(),
    /** Waits for what matches, from now on. */
    shows: async (pattern: RegExp): Promise<string> => {
      shown = '';
      await new Promise<void>((seen) => waiting.push({ pattern, seen }));
      return shown;
    },
  };
}

describe('portico run, in a terminal', () => {
  it('[R2.2-run] [R2.2-run-interrupt] converses; Ctrl-C stops an answer, twice leaves', async () => {
    const { stdin, stdout, stderr, shows } = terminal();
    const context = { stdin, stdout, stderr, environment: { PORTICO_HOME: home } };
    const prompt = shows(/>>> /);
    const left = run('mini', undefined, { threads: '1', engine: 'in-process' }, context);
    await prompt;

    const greeted = shows(/Zoe[^]*Zoe[^]*>>> /);
    stdin.write('My name is Zoe.\r');
    await greeted;
    const remembered = shows(/Your name is Zoe[^]*>>> /);
    stdin.write('What is my name?\r');
    await remembered;

    const begun = shows(/Once upon/);
    stdin.write('Tell me a story\r');
    await begun;
    const stopped = shows(/>>> /);
    stdin.write(CTRL_C);
    expect(await stopped).not.toContain('The end.');

    stdin.write(CTRL_C + CTRL_C);
    expect(await left).toBe(0);
  });
});
