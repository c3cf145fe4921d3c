import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../support/asking.ts';
import { makeLaunchHome } from '../../support/launching.ts';
import { startServer } from '../../support/server.ts';
import { covers } from '../../support/covers.ts';

const ENVIRONMENT = z.object({
  set: z.record(z.string(), z.string()),
  unset: z.array(z.string()),
});

describe('portico env', () => {
  covers('R5.2-env');

  it('prints the environment for the configured address, even if no server runs', async () => {
    const { run } = await makeLaunchHome();
    const port = String(await freePort());
    const variables = { PORTICO_PORT: port, SHELL: '/bin/bash', PORTICO_HOST: '0.0.0.0' };
    const { code, stdout, stderr } = await run(['env', '--model', 'mini'], variables);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^unset ANTHROPIC_API_KEY\n/);
    expect(stdout).toContain(`export ANTHROPIC_BASE_URL='http://127.0.0.1:${port}'\n`);
    expect(stdout).toContain("export ANTHROPIC_MODEL='mini'\n");
    expect(stdout).toContain("export CLAUDE_CODE_MAX_OUTPUT_TOKENS='2048'\n");
    expect(stderr).toContain(`No Portico answers at http://127.0.0.1:${port} yet`);
  });

  it('prints it for the named shell, or as JSON', async () => {
    const server = await startServer({ args: ['--context', '40960'] });
    try {
      const { run } = await makeLaunchHome();
      const env = async (...args: string[]) =>
        run(['env', '--url', server.url, ...args], { SHELL: '/usr/bin/fish' });
      expect((await env()).stdout).toContain("set -gx ANTHROPIC_MODEL 'mini'\n");
      const { stdout, stderr } = await env('--shell', 'powershell');
      expect(stdout).toContain("$env:ANTHROPIC_MODEL = 'mini'\n");
      expect(stderr).toBe('');
      const { set, unset } = ENVIRONMENT.parse(JSON.parse((await env('--json')).stdout));
      expect(set).toMatchObject({ ANTHROPIC_BASE_URL: server.url, ANTHROPIC_MODEL: 'mini' });
      expect(unset).toContain('ANTHROPIC_API_KEY');
    } finally {
      await server.stop();
    }
  });

  it('refuses an unknown shell or model', async () => {
    const { run } = await makeLaunchHome();
    const shell = await run(['env', '--shell', 'csh']);
    expect(shell.stderr).toContain('Allowed choices are bash, fish, powershell');
    const model = await run(['env', '--model', 'nothing', '--port', '0']);
    expect(model).toMatchObject({ code: 1, stdout: '' });
    expect(model.stderr).toMatch(/^Error: model: nothing is not known; there are mini/);
  });
});
