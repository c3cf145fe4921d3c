import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import { makeLaunchHome } from '../support/launching.ts';
import { isMissing } from '../support/optional.ts';
import { answering } from '../support/scripted-answers.ts';
import { serveScript } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

/** The real agents besides Claude Code. `.ci/run` installs them. */
const AGENTS = [
  {
    name: 'opencode',
    npmPackage: 'opencode-ai',
    variable: 'PORTICO_TEST_OPENCODE',
    args: ['run', 'Say it'],
  },
  {
    name: 'pi',
    npmPackage: '@mariozechner/pi-coding-agent',
    variable: 'PORTICO_TEST_PI',
    args: ['-p', 'Say it'],
  },
];

describe.each(AGENTS)('the real $name', ({ name, npmPackage, variable, args }) => {
  covers('R5.2-agents');

  const file = process.env[variable];
  const hint = `install ${npmPackage} with npm and set ${variable} to its bin/${name}`;

  it.skipIf(isMissing(name, file, hint))('gets its answer from the local model', async () => {
    const asked: GenerationRequest[] = [];
    const server = await serveScript({
      script: async function* play(request) {
        asked.push(request);
        yield* answering('Said by the actor.');
      },
    });
    onTestFinished(() => server.close());
    const { runApart, folder } = await makeLaunchHome([]);
    await symlink(file ?? '', join(folder, 'bin', name));
    const onServer = ['--url', server.url, '--model', 'actor', '-y'];
    const { code, stdout } = await runApart(['launch', name, ...onServer, '--', ...args]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe('Said by the actor.');
    // The first request only loads the model; the agent's own has its tools.
    expect(asked.at(0)?.maxTokens).toBe(0);
    const main = asked.find(({ conversation }) => conversation.tools.length > 0);
    expect(JSON.stringify(main?.conversation.turns)).toContain('Say it');
    expect(main?.maxTokens).toBeGreaterThan(0);
  });

  it.skipIf(isMissing(name, file, hint))(
    'is not started with a context that its instructions can’t fit',
    async () => {
      const asked: GenerationRequest[] = [];
      const server = await serveScript({
        capabilities: { contextTokens: 1024 },
        script: async function* play(request) {
          asked.push(request);
          yield* answering('Said by the actor.');
        },
      });
      onTestFinished(() => server.close());
      const { runApart, folder } = await makeLaunchHome([]);
      await symlink(file ?? '', join(folder, 'bin', name));
      const onServer = ['--url', server.url, '--model', 'actor', '-y'];
      const { code, stderr } = await runApart(['launch', name, ...onServer, '--', ...args]);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /can't work with actor: its own instructions take about [\d,]+ tokens/,
      );
      expect(stderr).toContain('the context has 1,024');
      expect(stderr).toContain("'context: 65536' in the entry of actor in models.yaml");
      // The request that loads the model is the only one.
      expect(asked.map(({ maxTokens }) => maxTokens)).toEqual([0]);
    },
  );
});
