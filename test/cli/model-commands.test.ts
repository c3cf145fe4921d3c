import { execFile } from 'node:child_process';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isModelMissing, SMOLLM2 } from '../support/real-models.ts';
import { REPOSITORY } from '../support/server.ts';
import { makeHome } from './home.ts';
import { MINI_FILE } from '../support/engine-variant.ts';
import { covers } from '../support/covers.ts';

const run = promisify(execFile);

const MEMORY = z.object({ memoryBytes: z.number() });

describe('portico show', () => {
  covers('R4.6-show', 'R4.6-json', 'R6.5-applied', 'R4.3-entry');

  it('reads a model from its file, without loading it', async () => {
    const { portico } = await makeHome('aliases:\n  tiny: mini\n');
    const { code, stdout, stderr } = await portico('show', 'tiny');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const shown = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ) as Record<string, string>;
    expect(shown).toMatchObject({
      name: 'mini',
      title: 'Portico Mini',
      architecture: 'llama',
      parameters: '3.28 M',
      quantization: 'Q8_0',
      context: '8192 tokens',
      'trained on': '8192 tokens',
      'chat template': 'hermes',
      capabilities: expect.stringMatching(/^text, thinking, tools, structured output/),
      size: '3.55 MB',
      memory: expect.stringMatching(/^about \d+(\.\d+)? MB$/),
      status: 'ready',
    });
  });

  it.skipIf(isModelMissing(SMOLLM2))(
    'reports which capabilities of a real model come from instructions',
    async () => {
      const file = JSON.stringify(SMOLLM2.file);
      const { portico } = await makeHome(`models:\n  smol: { backend: llama, file: ${file} }\n`);
      const { code, stdout } = await portico('show', 'smol');
      expect(code).toBe(0);
      // The name SmolLM in its default system prompt is no evidence of the template's family.
      expect(stdout).toMatch(/^chat template +plain$/m);
      expect(stdout).toMatch(
        /^capabilities +text, thinking \(by instructions\), tools \(by instructions\), structured output, documents, citations$/m,
      );
    },
  );

  it('computes memory for the configured context, also as JSON', async () => {
    const file = MINI_FILE;
    const entry = `{ backend: llama, file: ${JSON.stringify(file)}, context: 512, template: "{{ messages[0].content }}" }`;
    const { portico } = await makeHome(`models:\n  small: ${entry}\n`);
    const card = async (name: string) =>
      JSON.parse((await portico('show', name, '--json')).stdout) as Record<string, number>;
    const [small, usual] = [await card('small'), await card('mini')];
    expect(small).toMatchObject({
      context: 512,
      trainedContext: 8192,
      templateFamily: 'plain',
      capabilities: { contextTokens: 512, tools: 'enforced' },
    });
    expect(small['flashAttention']).toBe('on: a context of 512 tokens is short');
    expect(usual['flashAttention']).toMatch(
      /^on: the requests of an agent take .* by typical rates$/,
    );
    expect(small['memoryBytes']).toBeGreaterThan(2e6);
    expect(small['memoryBytes']).toBeLessThan(usual['memoryBytes'] ?? 0);
  });

  it('shows the engine of a file, and the reason', async () => {
    const entry = `{ backend: llama, file: ${JSON.stringify(MINI_FILE)}, cpu_moe: 2 }`;
    const { portico } = await makeHome(`models:\n  served: ${entry}\n`);
    expect((await portico('show', 'mini')).stdout).toMatch(/^engine +built-in$/m);
    expect((await portico('show', 'served')).stdout).toMatch(
      /^engine +llama-server, by `cpu_moe:`, which the built-in engine does not have: \S/m,
    );
  });

  it('shows the context that a load would use', async () => {
    const file = JSON.stringify(MINI_FILE);
    const { portico } = await makeHome(
      `models:\n  whole: { backend: llama, file: ${file} }\n` +
        `  quantized: { backend: llama, file: ${file}, kv_type: q8_0 }\n` +
        `  plain: { backend: llama, file: ${file}, flash_attention: off }\n`,
    );
    const memory = async (name: string) =>
      MEMORY.parse(JSON.parse((await portico('show', name, '--json')).stdout)).memoryBytes;
    const whole = await memory('whole');
    expect(await memory('quantized')).toBeLessThan(whole * 0.9);
    // Without flash attention, all scores of a batch are in memory at once.
    expect(await memory('plain')).toBeGreaterThan(whole);
  });

  it('shows the entry of a model that is not downloaded', async () => {
    const { portico } = await makeHome();
    const { code, stdout, stderr } = await portico('show', 'qwen3-coder');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^memory +about 23 GB$/m);
    expect(stdout).toMatch(/^source +hf:unsloth/m);
    expect(stderr).toBe('It is not downloaded yet; get it with: portico pull qwen3-coder\n');
  });

  it.each([
    ['nobody', /^Error: model: nobody is not known; there are mini.*\n$/],
    [
      'broken',
      /^Error: \S+broken\.gguf can't be read as GGUF: .*Check that it is a complete GGUF file\.\n$/,
    ],
    [
      'cut',
      /^Error: \S+cut\.gguf can't be read as GGUF: it ends within its header\. Check that it is .*\n$/,
    ],
    ['short', /^Error: \S+short\.gguf is cut off: it has 3552831 bytes of 3552832\. .*\n$/],
  ])('fails for %s with one line that ends in a hint', async (name, words) => {
    const names = ['broken', 'cut', 'short'];
    const entries = names.map((one) => `  ${one}: { backend: llama, file: ./${one}.gguf }\n`);
    const { portico, registryFile } = await makeHome(`models:\n${entries.join('')}`);
    const mini = await readFile(MINI_FILE);
    const files = [Buffer.from('GGXX is no model'), mini.subarray(0, 5000), mini.subarray(0, -1)];
    for (const [index, bytes] of files.entries()) {
      await writeFile(join(dirname(registryFile), `${names[index]}.gguf`), bytes);
    }
    const { code, stdout, stderr } = await portico('show', name);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(words);
  });

  it('shows the entry of a model whose server is down', async () => {
    const { portico } = await makeHome(
      'models:\n  far: { backend: ollama, upstream: far:7b, url: "http://127.0.0.1:9" }\n',
    );
    const { code, stdout } = await portico('show', 'far');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^upstream +far:7b$/m);
    expect(stdout).not.toMatch(/^capabilities/m);
  });

  it('lists the servers of a model with several', async () => {
    const [one, two] = ['http://127.0.0.1:9/one', 'http://127.0.0.1:9/two'];
    const { portico } = await makeHome(
      `models:\n  big: { backend: openai, providers: [{ url: "${one}" }, { url: "${two}" }] }\n`,
    );
    expect((await portico('show', 'big')).stdout).toContain(`${one}, ${two}\n`);
    const card: unknown = JSON.parse((await portico('show', 'big', '--json')).stdout);
    expect(card).toMatchObject({ servers: [one, two] });
  });
});

describe('portico default', () => {
  covers('R4.6-default');

  it('sets and prints the default, and keeps the rest of the file', async () => {
    const { portico, registryFile } = await makeHome('# mine\ndefault: mini # for now\n');
    expect(await portico('default', 'qwen3-coder')).toEqual({
      code: 0,
      stdout:
        "'qwen3-coder' is the default now\n" +
        "'qwen3-coder' is not downloaded yet (18.6 GB, needs about 23 GB of memory); get it with:\n" +
        '  portico pull qwen3-coder\n',
      stderr: '',
    });
    expect(await readFile(registryFile, 'utf8')).toBe('# mine\ndefault: qwen3-coder # for now\n');
    expect((await portico('default')).stdout).toBe('qwen3-coder\n');
    expect(JSON.parse((await portico('default', '--json')).stdout)).toEqual({
      default: 'qwen3-coder',
    });
    expect((await portico('default', 'nobody')).stderr).toMatch(
      /^Error: model: nobody is not known/,
    );
  });
});

describe('portico completion', () => {
  covers('R4.6-completion');

  const asked = [
    'portico pu',
    'portico show gpt-oss:',
    'portico ps --po',
    'portico completion ',
    'portico rm t',
    'portico launch ',
  ];

  it('completes commands, names, flags and words in bash', async () => {
    const { portico, environment, registryFile } = await makeHome('aliases:\n  tiny: mini\n');
    const { stdout: script } = await portico('completion', 'bash');
    const folder = dirname(registryFile);
    await symlink(join(REPOSITORY, 'bin/portico.js'), join(folder, 'portico'));
    const asking = asked.map(
      (line) => `COMP_LINE='${line}' COMP_POINT=${line.length}; _portico; echo "\${COMPREPLY[*]}"`,
    );
    const { stdout } = await run('bash', ['--norc', '-c', [script, ...asking].join('\n')], {
      env: { ...process.env, ...environment, PATH: `${folder}:${process.env['PATH']}` },
    });
    // Bash itself adds the part before the colon again.
    expect(stdout.split('\n')).toEqual([
      'pull',
      '20b 120b',
      '--port',
      'bash zsh fish',
      'tiny',
      'claude opencode pi',
      '',
    ]);
  });

  it.each([
    [
      'zsh',
      /^#compdef portico\n/,
      /'pull:download a model/,
      /show\)\n +flags=\(.*--json.*\)\n +candidates=.*portico names/,
    ],
    [
      'fish',
      /complete -c portico/,
      /-a pull -d 'download a model/,
      /seen_subcommand_from show' -l json/,
    ],
  ])('prints a script for %s with commands, flags and names', async (shell, ...parts) => {
    const { portico } = await makeHome();
    const { code, stdout } = await portico('completion', shell);
    expect(code).toBe(0);
    for (const part of parts) expect(stdout).toMatch(part);
    expect(stdout).toContain('portico names');
  });

  it('lists the supported shells if another one is named', async () => {
    const { portico } = await makeHome();
    const { code, stderr } = await portico('completion', 'tcsh');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Error: .*Allowed choices are bash, zsh, fish; see: portico completion --help\n$/,
    );
  });
});

describe('an invalid entry', () => {
  covers('R4.6-bad-entry');

  const place = (line: number, column: number) => String.raw`\S+models\.yaml:${line}:${column}: `;

  it.each([
    [
      'an unknown backend',
      'models:\n  x: { backend: vllm, url: "http://h" }',
      2,
      17,
      /"llama"\|"ollama"\|"openai"/,
    ],
    ['an alias to nothing', 'aliases:\n  x: nothing', 2, 3, /leads to 'nothing'.*portico ls/],
    [
      'an alias in a circle',
      'aliases:\n  x: y\n  y: x',
      2,
      3,
      /in a circle: x -> y -> x; let one of them/,
    ],
  ])(
    'with %s is reported in one line with its place, and the others work',
    async (_case, text, line, column, words) => {
      const { portico } = await makeHome(`${text}\n`);
      const { code, stdout, stderr } = await portico('ls');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^mini \(default\) +llama/m);
      const [warning = ''] = stderr.split('\n');
      expect(warning).toMatch(new RegExp(`^Warning: ${place(line, column)}`));
      expect(warning).toMatch(words);
      expect((await portico('show', 'x')).stderr).toBe(
        `Error: model: x can't be used: ${warning.slice('Warning: '.length)}\n`,
      );
      expect((await portico('show', 'mini', '--json')).code).toBe(0);
    },
  );

  it('with a missing file is reported with its place when the model is requested', async () => {
    const { portico } = await makeHome('models:\n  x: { backend: llama, file: ./none.gguf }\n');
    expect((await portico('ls')).stdout).toMatch(/^x +llama +- +file missing +-$/m);
    const { code, stderr } = await portico('run', 'x', 'Hello');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        String.raw`^Error: model: x: its file \S+none\.gguf is not there; .*\S+models\.yaml:2:3\n$`,
      ),
    );
  });
});
