import { expect, it, onTestFinished } from 'vitest';
import { collect, request } from '../../../../support/requests.ts';
import { openServed, SERVED } from '../../../../support/llama-server.ts';
import { childrenOf } from '../../../../support/processes.ts';

it('requests without the program of llama-server leave no processes', async () => {
  const others = await childrenOf(process.pid);
  const { backend, close } = openServed({ llamaServer: '/nonexistent/llama-server' });
  onTestFinished(close);
  const ask = () => collect(backend.generate(request(SERVED, []), AbortSignal.timeout(20_000)));
  for (let count = 0; count < 3; count++) {
    await expect(ask()).rejects.toMatchObject({ code: 'model-load-failed' });
  }
  const [engine = 0, ...more] = (await childrenOf(process.pid)).filter(
    (child) => !others.includes(child),
  );
  expect(more).toEqual([]);
  expect(await childrenOf(engine)).toEqual([]);
});
