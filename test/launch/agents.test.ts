import { describe, expect, it } from 'vitest';
import { OPENCODE } from '../../src/launch/agents/opencode.ts';
import { PI } from '../../src/launch/agents/pi.ts';
import { covers } from '../support/covers.ts';

const MODEL = { baseUrl: 'http://127.0.0.1:1', key: "k'1", name: 'a:b', contextTokens: 65_536 };

function run(environment: Readonly<Record<string, string>> = {}, contextTokens = 65_536) {
  const model = { ...MODEL, contextTokens };
  return { model, args: ['run', 'Hello'], environment, folder: '/run' };
}

describe('the plan for opencode', () => {
  covers('R5.2-agents');

  it('sets up Portico as the only provider, without files', async () => {
    const { args, set, files } = await OPENCODE.plan(run());
    expect({ args, files }).toEqual({ args: ['run', 'Hello'], files: {} });
    expect(JSON.parse(set['OPENCODE_CONFIG_CONTENT'] ?? '')).toEqual({
      model: 'portico/a:b',
      small_model: 'portico/a:b',
      enabled_providers: ['portico'],
      provider: {
        portico: {
          npm: '@ai-sdk/anthropic',
          name: 'Portico',
          options: { baseURL: 'http://127.0.0.1:1/v1', apiKey: "k'1" },
          models: { 'a:b': { name: 'a:b', limit: { context: 65_536, output: 16_384 } } },
        },
      },
    });
  });

  it('keeps other configuration in the variable', async () => {
    const { set } = await OPENCODE.plan(
      run({ OPENCODE_CONFIG_CONTENT: '{"theme":"dark","model":"other/x"}' }),
    );
    expect(JSON.parse(set['OPENCODE_CONFIG_CONTENT'] ?? '')).toMatchObject({
      theme: 'dark',
      model: 'portico/a:b',
    });
  });

  it.each(['[1]', '{'])('refuses %s in the variable', async (text) => {
    await expect(OPENCODE.plan(run({ OPENCODE_CONFIG_CONTENT: text }))).rejects.toThrow(
      'OPENCODE_CONFIG_CONTENT is set, but it is not a JSON object',
    );
  });
});

describe('the plan for pi', () => {
  covers('R5.2-agents');

  /** Provider that the extension registers, run as pi runs it. */
  async function registered(contextTokens: number): Promise<unknown> {
    const { files } = await PI.plan(run({}, contextTokens));
    const code = Buffer.from(files['portico.js'] ?? '').toString('base64');
    const extension: { default: (pi: object) => void } = await import(
      `data:text/javascript;base64,${code}`
    );
    let provider: unknown;
    extension.default({ registerProvider: (...args: unknown[]) => (provider = args) });
    return provider;
  }

  it('is an extension that registers a provider with the key in a variable', async () => {
    const { args, set } = await PI.plan(run());
    expect(args.slice(2)).toEqual(['--provider', 'portico', '--model', 'a:b', 'run', 'Hello']);
    expect(set).toMatchObject({ PORTICO_AGENT_KEY: "k'1" });
    expect(await registered(65_536)).toMatchObject([
      'portico',
      {
        baseUrl: MODEL.baseUrl,
        api: 'anthropic-messages',
        apiKey: 'PORTICO_AGENT_KEY',
        models: [{ id: 'a:b', contextWindow: 65_536, maxTokens: 16_384, reasoning: true }],
      },
    ]);
  });

  it('turns thinking off if an answer is too short for it', async () => {
    expect(await registered(8191)).toMatchObject([
      'portico',
      { models: [{ maxTokens: 2047, reasoning: false }] },
    ]);
  });
});
