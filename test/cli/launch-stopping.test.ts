import { expect, it } from 'vitest';
import { makeLaunchHome } from '../support/launching.ts';
import { serve } from '../support/upstream/replay.ts';

it('launch waits for a server that is stopping, and starts its own', async () => {
  let leases = 0;
  // A real server is in this state for a moment only: it answers, but grants no lease.
  const stopping = await serve((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/portico/models') {
      response.end('{"models":[]}');
      return;
    }
    leases += 1;
    response.writeHead(529);
    response.end('{}', () => {
      if (leases === 2) void stopping.close();
    });
  });
  const { runApart, report } = await makeLaunchHome();
  const args = ['launch', 'claude', '--model', 'mini', '--port', String(stopping.port)];
  const { code, stderr } = await runApart(args, { OLLAMA_HOST: '127.0.0.1:9' });
  expect({ code, leases }).toEqual({ code: 0, leases: 2 });
  expect(stderr).toContain(`Portico serves ${stopping.url}`);
  expect((await report())?.environment).toMatchObject({ ANTHROPIC_BASE_URL: stopping.url });
});
