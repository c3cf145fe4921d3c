import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { banner } from '../../../src/cli/ui/banner.ts';
import { createLogger } from '../../../src/cli/ui/logger.ts';
import { printable } from '../../../src/cli/ui/printable.ts';
import { createProgress } from '../../../src/cli/ui/progress.ts';
import { say, writeAnswer, writeScript } from '../../../src/cli/ui/report.ts';
import { whileWaiting } from '../../../src/cli/ui/waiting.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { REPOSITORY } from '../../support/server.ts';
import { serve } from '../../support/upstream/replay.ts';
import { runHere } from '../../support/command-line.ts';
import { makeHome } from '../home.ts';

const RED = '\u001b[31m';

/** Escape sequence, possible in names and messages, that renames the window of a terminal. */
const EVIL = '\u001b]0;evil\u0007';

/** Characters of names and messages that must not reach a terminal. */
const HARMFUL = /[^\n\t\P{Cc}]|\p{Bidi_Control}/u;

/** Context whose output is a terminal, and the output. */
function terminal() {
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const context = { stdin: new PassThrough(), stdout: output, stderr: output, environment: {} };
  return { context, shown: () => String(output.read() ?? '') };
}

describe('control characters', () => {
  it('become visible escapes; line breaks and tabs stay', () => {
    expect(printable(`a\tb\n${RED}c\u009b1m\u202e\u061c\r`)).toBe(
      'a\tb\n\\u001b[31mc\\u009b1m\\u202e\\u061c\\u000d',
    );
  });

  it.each([
    ['ls', ['ls']],
    ['names', ['names']],
    ['show', ['show', `evil${RED}`]],
    ['show of a model that is not here', ['show', `gone${RED}`]],
    ['pull of a name that nothing knows', ['pull', `nope${RED}`]],
    ['cp', ['cp', `evil${RED}`, `x${RED}`]],
    ['default', ['default', `evil${RED}`]],
    ['rm', ['rm', `nope${RED}`]],
    ['run', ['run', `nope${RED}`, 'Hello']],
    ['stop', ['stop', `nope${RED}`, '--port', '9']],
  ])('in names of models.yaml are not printed by %s', async (_name, command) => {
    const { environment } = await makeHome(
      [
        'models:',
        '  "evil\\e[31m": { backend: ollama, upstream: "x\\e[31m", description: "d\\e[31m\\u202e" }',
        '  "gone\\e[31m": { backend: llama, file: "/none/\\e[31m", source: "hf:a/b:Q4\\e[31m" }',
        '  "odd\\e[31m": { backend: "\\e[31m" }',
      ].join('\n'),
      { OLLAMA_HOST: '127.0.0.1:9' },
    );
    const { stdout, stderr } = await runHere(command, environment);
    expect(stdout + stderr).not.toBe('');
    expect(stdout + stderr).not.toMatch(HARMFUL);
  });

  it('in texts of models and of Ollama are not printed by pull and ls', async () => {
    const ollama = await startOllama();
    const { environment } = await makeHome('', { OLLAMA_HOST: ollama });
    const pulled = await runHere(['pull', `ollama:x${EVIL}`], environment);
    expect(pulled).toMatchObject({ code: 0, stdout: expect.stringContaining('pulled') });
    expect(pulled.stderr).toContain(String.raw`pulling \u001b]0;evil\u0007 manifest`);
    const listed = await runHere(['ls'], environment);
    expect(listed.stdout).toContain(String.raw`found\u001b]0;evil\u0007`);
    for (const { stdout, stderr } of [pulled, listed]) expect(stdout + stderr).not.toMatch(HARMFUL);
    const { stdout } = await runHere(['ls', '--json'], environment);
    expect(stdout).not.toMatch(HARMFUL);
    expect(JSON.parse(stdout)).toMatchObject({
      models: expect.arrayContaining([expect.objectContaining({ name: `found${EVIL}\u202e` })]),
    });
  });

  it('in texts of a running server are not printed by ps and stop', async () => {
    const url = await serveJson((asked) =>
      asked.includes('stop')
        ? { error: { message: `no ${EVIL}` } }
        : { models: [loaded(`x${EVIL}`, 'text'), loaded(`x${EVIL}`, 'vision'), loaded('y', EVIL)] },
    );
    const { environment } = await makeHome();
    for (const command of [['ps', '--json'], ['stop', 'x'], ['ps']]) {
      const { stdout, stderr } = await runHere([...command, '--url', url], environment);
      expect(stdout + stderr).not.toMatch(HARMFUL);
    }
  });

  it('in names are not in the banner, and quotes do not end its curl line', () => {
    const { context, shown } = terminal();
    const name = `it's${EVIL}`;
    const spec = { name, backend: 'ollama' as const };
    const model = { spec, shipped: false, location: 'models.yaml:1:1' };
    const registry: Registry = {
      defaultModel: name,
      models: new Map([[name, model]]),
      aliases: new Map([[`alias${EVIL}`, name]]),
      problems: [],
    };
    const settings = { apiKeys: [] };
    const usable = [name, `alias${EVIL}`].map((one) => ({ name: one, model }));
    const silent = { url: `http://b/${EVIL}`, timeoutMs: 800 };
    const models = { usable, mute: new Set<string>(), problems: new Map<string, string>(), silent };
    say(banner({ url: 'http://a', settings, registry, models }), context);
    const text = shown();
    expect(text).not.toMatch(HARMFUL);
    const [, data = ''] = /-d '(.*)'$/m.exec(text) ?? [];
    expect(data).not.toContain("'");
    expect(JSON.parse(data)).toMatchObject({ model: name });
  });

  it('in messages are not in the log, on a terminal or elsewhere', async () => {
    const { context, shown } = terminal();
    const logger = await createLogger('info', context);
    logger.info({ model: `m${EVIL}` }, `one ${EVIL}\ntwo \u202e`);
    const [text, ...more] = shown().trim().split('\n');
    expect(more).toEqual([]);
    expect(text).toContain(String.raw`one \u001b]0;evil\u0007 two \u202e`);
    expect(text).toContain(String.raw`m\u001b]0;evil\u0007`);

    const file = Object.assign(new PassThrough(), { isTTY: false });
    (await createLogger('info', { ...context, stderr: file })).info(`one ${EVIL}\u009b\u202e`);
    const line = String(file.read());
    expect(line).not.toMatch(HARMFUL);
    expect(JSON.parse(line)).toMatchObject({ msg: `one ${EVIL}\u009b\u202e` });
  });

  it('in an answer reach a program, but not a terminal', () => {
    const { context, shown } = terminal();
    const answer = `a\tb\r\n${EVIL}\u009bשלום\u200f`;
    for (const piece of answer) writeAnswer(piece, context);
    expect(shown()).toBe('a\tb\n\\u001b]0;evil\\u0007\\u009bשלום\u200f');
    const stdout = new PassThrough();
    writeAnswer(answer, { stdout });
    expect(String(stdout.read())).toBe(answer);
  });

  it('in labels of progress are not printed', async () => {
    const { context, shown } = terminal();
    const progress = createProgress(context);
    progress.update(`pulling ${EVIL}`, 1, 2);
    progress.say(`retry ${EVIL}`);
    progress.end();
    await whileWaiting(`Loading ${EVIL}`, Promise.resolve(), () => EVIL, context);
    expect(shown()).not.toContain(EVIL);
  });

  it('in variables are not printed by env on a terminal', async () => {
    const { context, shown } = terminal();
    writeScript(`export A='${EVIL}'\n`, context);
    expect(shown()).toBe("export A='\\u001b]0;evil\\u0007'\n");
  });
});

/** State of a loaded engine, as a server reports it. */
function loaded(name: string, engine: string) {
  return {
    name,
    engine,
    device: 'CPU',
    sizeBytes: 1,
    contextTokens: 8192,
    slots: { busy: 0, total: 1 },
    waiting: 0,
    idleMs: 0,
    unloadsInMs: null,
  };
}

/** Starts a server that answers every path with JSON. */
async function serveJson(answer: (path: string) => unknown): Promise<string> {
  const server = await serve((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer(request.url ?? '')));
  });
  onTestFinished(() => server.close());
  return server.url;
}

/** Starts an Ollama whose model and messages have control characters. */
async function startOllama(): Promise<string> {
  const server = await serve((request, response) => {
    const isPull = request.url === '/api/pull';
    const lines = isPull
      ? [{ status: `pulling ${EVIL} manifest` }, { status: 'success' }]
      : [{ models: [{ name: `found${EVIL}\u202e`, model: `found${EVIL}\u202e` }] }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  onTestFinished(() => server.close());
  return server.url;
}

describe('portico ps', () => {
  it('shows the kind of each engine if a model has two', async () => {
    const engines = [loaded('one', 'text'), loaded('two', 'text'), loaded('two', 'vision')];
    const url = await serveJson(() => ({ models: engines }));
    const { environment } = await makeHome();
    const { stdout } = await runHere(['ps', '--url', url], environment);
    const names = stdout.split('\n').map((line) => line.split(/ {2,}/)[0]);
    expect(names).toEqual(['NAME', 'one', 'two (text)', 'two (vision)', '']);
  });
});

describe('output of commands', () => {
  it('is only written by functions that escape it', async () => {
    const folder = path.join(REPOSITORY, 'src', 'cli');
    const files = (await readdir(folder, { recursive: true })).filter((name) =>
      name.endsWith('.ts'),
    );
    const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
    const writing = files.filter((_name, at) => texts[at]?.includes('.write('));
    // Output of these files is our own text, filtered, or drawn with our own escapes.
    const own = ['commands/completion.ts', 'commands/names.ts', 'program.ts', 'run/chat.ts'];
    const drawn = ['progress.ts', 'report.ts', 'table.ts', 'waiting.ts'].map(
      (name) => `ui/${name}`,
    );
    expect(writing.toSorted()).toEqual([...own, ...drawn].toSorted());
  });
});

describe('--models', () => {
  it.each([
    ['ls'],
    ['show', 'mini'],
    ['default'],
    ['rm', 'mini'],
    ['serve'],
    ['run', 'mini', 'Hi'],
  ])('fails for a missing file in %s %s', async (...command) => {
    const { environment } = await makeHome();
    const { code, stdout, stderr } = await runHere(
      [...command, '--models', '/missing/models.yaml'],
      environment,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'Error: The file /missing/models.yaml does not exist. Correct --models, or create the file.\n',
    );
  });
});

describe('portico cp over an alias', () => {
  it('reports the earlier model of the name', async () => {
    const { environment, registryFile } = await makeHome();
    await writeFile(
      registryFile,
      'models:\n  a: { backend: ollama, upstream: a }\naliases:\n  x: mini\n',
    );
    expect((await runHere(['cp', 'a', 'x'], environment)).stdout).toBe(
      "copied 'a' to 'x', which was an alias of 'mini' before\n",
    );
    expect((await runHere(['cp', 'a', 'x'], environment)).stdout).toBe("copied 'a' to 'x'\n");
  });
});
