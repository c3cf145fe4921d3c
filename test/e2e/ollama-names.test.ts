import { Anthropic } from 'anthropic-sdk-0';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isAddonMissing } from '../backends/local/runners/llama-node/seeing.ts';
import { freePort } from '../support/asking.ts';
import { runHere } from '../support/command-line.ts';
import { makeLaunchHome } from '../support/launching.ts';
import { post, request } from '../support/messages-api.ts';
import { childrenOf } from '../support/processes.ts';
import { startOllama } from '../support/scripted-ollama.ts';
import type { ScriptedOllama } from '../support/scripted-ollama.ts';
import { bannerOf, runPortico, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { serve } from '../support/upstream/replay.ts';

const MODELS = {
  'qwen3-coder:latest': { trained: 262_144, parameters: 'num_ctx                        262144' },
  'kimi-k2:1t-cloud': { trained: 1_000_000 },
  'nomic-embed-text:latest': { trained: 2048, capabilities: ['embedding'] },
};

let ollama: ScriptedOllama;
let server: RunningServer;
let besideOllama: Readonly<Record<string, string>>;
beforeAll(async () => {
  ollama = await startOllama(MODELS);
  besideOllama = { OLLAMA_HOST: `127.0.0.1:${ollama.port}` };
  server = await startServer({ environment: besideOllama });
});
afterAll(async () => {
  await server.stop();
  await ollama.close();
});

describe('a name of the catalogue that Ollama has', () => {
  it('answers through an alias that cp makes', async () => {
    const copied = await runHere(['cp', 'qwen3-coder', 'claude-3-5-sonnet'], {
      ...besideOllama,
      PORTICO_HOME: server.home,
    });
    expect(copied.stdout).toBe("copied 'qwen3-coder' to 'claude-3-5-sonnet'\n");
    const client = new Anthropic({ baseURL: server.url, apiKey: 'portico', maxRetries: 0 });
    const ask = async () => {
      const { data, response } = await client.messages
        .create({
          model: 'claude-3-5-sonnet',
          max_tokens: 10,
          messages: [{ role: 'user', content: 'Hello' }],
        })
        .withResponse();
      return [response.headers.get('portico-model'), data.content];
    };
    // A running server follows the edit within a second.
    const hi = [{ type: 'text', text: 'Hi' }];
    await expect.poll(ask, { timeout: 10_000 }).toMatchObject(['qwen3-coder:latest', hi]);
    expect(ollama.chats.at(-1)).toMatchObject({
      model: 'qwen3-coder:latest',
      options: { num_ctx: 262_144 },
    });
  });

  it('is ready in what serve prints, not something to download', async () => {
    const [, models = '', missing = ''] =
      /^Models: (.*)\nKnown, not downloaded: (.*)$/m.exec(await bannerOf(server)) ?? [];
    expect(models.split(', ')).toContain('qwen3-coder:latest');
    expect(missing.split(', ')).toContain('qwen3-coder-next');
    expect(missing.split(', ')).not.toContain('qwen3-coder');
  });

  it('is launched under -y without a download, with the window that its Modelfile sets', async () => {
    let downloads = 0;
    const hub = await serve((_request, response) => {
      downloads += 1;
      response.writeHead(404).end();
    });
    onTestFinished(hub.close);
    const { run, report } = await makeLaunchHome();
    const port = String(await freePort());
    const args = ['launch', 'claude', '--port', port, '--model', 'qwen3-coder', '-y'];
    const { code, stderr } = await run(args, { ...besideOllama, HF_ENDPOINT: hub.url });
    expect({ code, downloads }).toEqual({ code: 0, downloads: 0 });
    expect(stderr).not.toContain('Warning');
    expect((await report())?.environment).toMatchObject({
      ANTHROPIC_MODEL: 'qwen3-coder',
      ANTHROPIC_DEFAULT_OPUS_MODEL_DESCRIPTION: 'Local model, context of 262,144 tokens',
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '262144',
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '32000',
    });
  });
});

it('env prints the trained length of a model in Ollama’s cloud', async () => {
  const home = await makeLaunchHome();
  const args = ['env', '--model', 'kimi-k2:1t-cloud', '--url', server.url, '--json'];
  const { stdout } = await home.run(args, besideOllama);
  expect(JSON.parse(stdout)).toMatchObject({
    set: { ANTHROPIC_MODEL: 'kimi-k2:1t-cloud', CLAUDE_CODE_MAX_CONTEXT_TOKENS: '1000000' },
  });
});

it.each(['launch', 'env'])(
  '%s warns of a model for side requests with a smaller context',
  async (what) => {
    const home = await makeLaunchHome();
    const models = ['--model', 'qwen3-coder', '--small', 'mini'];
    const args = [what, ...(what === 'launch' ? ['claude'] : []), '--url', server.url, ...models];
    const { code, stderr } = await home.run(args, besideOllama);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'Warning: mini has a context of 8,192 tokens, and qwen3-coder one of 262,144: Claude Code assumes',
    );
  },
);

it.skipIf(isAddonMissing())(
  'a picture leads to mini, which sees, though no engine runs',
  async () => {
    const data = Buffer.from('not looked at').toString('base64');
    const source = { type: 'base64', media_type: 'image/png', data };
    const body = request('', {
      model: 'qwen3-coder',
      messages: [{ role: 'user', content: [{ type: 'image', source }] }],
    });
    // Those of earlier tests may still be ending.
    const before = await childrenOf(server.process.pid ?? 0);
    const refused = await post(`${server.url}/v1/messages`, body);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('has no vision. Use mini, which has it,');
    expect(before).toEqual(expect.arrayContaining(await childrenOf(server.process.pid ?? 0)));
  },
);

describe('a model of Ollama for embeddings', () => {
  const NAME = 'nomic-embed-text';
  const reason = `Model \`${NAME}:latest\` can't chat: its server lists no completion`;

  it('is refused by its name', async () => {
    const refused = await post(`${server.url}/v1/messages`, request('Hi', { model: NAME }));
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain(reason);
  });

  it('is shown as one, and not offered to Claude Code', async () => {
    const { stdout, stderr } = await runPortico(['show', NAME], besideOllama);
    expect(stdout).not.toMatch(/^capabilities/m);
    expect(stderr).toContain(reason);
    const response = await fetch(`${server.url}/v1/models?limit=1000`, {
      headers: { 'user-agent': 'claude-code/2.1.332' },
    });
    const listed = await response.text();
    expect(listed).toContain(`"${NAME}:latest"`);
    expect(listed).not.toContain(`claude-local-${NAME}`);
  });
});

describe('an Ollama that falls silent', () => {
  it('keeps its models in a listing that comes in time, and is 529 for a new name', async () => {
    const list = async () => {
      const response = await fetch(`${server.url}/v1/models?limit=1000`, {
        headers: { 'user-agent': 'claude-code/2.1.332' },
        // The list of a silent Ollama is given up later.
        signal: AbortSignal.timeout(9000),
      });
      const { data } = (await response.json()) as { data: readonly { readonly id: string }[] };
      return data.filter(({ id }) => /qwen3-coder:latest|kimi/.test(id));
    };
    const before = await list();
    expect(before).toMatchObject([
      { id: 'qwen3-coder:latest', max_input_tokens: 262_144, max_tokens: 262_144 },
      { id: 'kimi-k2:1t-cloud', max_input_tokens: 1_000_000, max_tokens: 1_000_000 },
      { id: 'claude-local-qwen3-coder:latest', max_input_tokens: 262_144 },
      { id: 'claude-local-kimi-k2:1t-cloud', max_input_tokens: 1_000_000 },
    ]);
    ollama.fallSilent();
    expect(await list()).toEqual(before);
    const ask = async () => {
      const refused = await post(`${server.url}/v1/messages`, request('Hi', { model: 'new:8b' }));
      return [refused.status, refused.headers.get('retry-after'), await refused.text()];
    };
    // For half a second the list that came last is the answer.
    await expect
      .poll(ask, { timeout: 10_000 })
      .toEqual([
        529,
        '5',
        expect.stringMatching(/"overloaded_error".*new:8b may be on the Ollama/),
      ]);
    expect(await list()).toEqual(before);
  });
});
