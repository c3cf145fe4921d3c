import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/cli/printable.ts';
import { makeHome } from './home.ts';

const RED = '\u001b[31m';

describe('control characters', () => {
  it('become visible escapes; line breaks and tabs stay', () => {
    expect(printable(`a\tb\n${RED}c\u009b1m\u202e\r`)).toBe(
      'a\tb\n\\u001b[31mc\\u009b1m\\u202e\\u000d',
    );
  });

  it('of names in models.yaml reach neither a listing nor an error', async () => {
    const { portico } = await makeHome(
      `models:\n  "evil\\e[31m":\n    backend: ollama\n    upstream: "x"\n`,
    );
    for (const command of [['ls'], ['names'], ['cp', `nope${RED}`, 'x'], ['rm', `nope${RED}`]]) {
      const { stdout, stderr } = await portico(...command);
      expect(stdout + stderr).not.toContain('\u001b');
    }
  });
});

describe('--models', () => {
  it.each([['ls'], ['show', 'mini'], ['default'], ['rm', 'mini']])(
    'of a file that does not exist is an error of %s %s',
    async (...command) => {
      const { portico } = await makeHome();
      const { code, stdout, stderr } = await portico(
        ...command,
        '--models',
        '/missing/models.yaml',
      );
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toBe(
        'Error: The file /missing/models.yaml does not exist. Correct --models, or create the file.\n',
      );
    },
  );
});

describe('portico cp over an alias', () => {
  it('says what the name meant before, if that was another model', async () => {
    const { portico, registryFile } = await makeHome();
    await writeFile(
      registryFile,
      'models:\n  a: { backend: ollama, upstream: a }\naliases:\n  x: mini\n',
    );
    expect((await portico('cp', 'a', 'x')).stdout).toBe(
      "copied 'a' to 'x', which was an alias of 'mini' before\n",
    );
    expect((await portico('cp', 'a', 'x')).stdout).toBe("copied 'a' to 'x'\n");
  });
});
