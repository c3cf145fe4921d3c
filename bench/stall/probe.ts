import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Requests /health of a server every 20 ms on its own connection. It is a separate process, because sending
 * large bodies would delay it. Each message requests the longest wait since the last message.
 */

const EVERY_MS = 20;

const [, , url = ''] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let longest = 0;
let began: number | undefined;

function ask(): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${url}/health`, { agent }, (response) => {
      response
        .resume()
        .once('end', () => resolve(true))
        .once('error', () => resolve(false));
    }).once('error', () => resolve(false));
  });
}

process.on('message', () => {
  const waiting = began === undefined ? 0 : performance.now() - began;
  process.send?.(Math.max(longest, waiting));
  longest = 0;
});
process.on('disconnect', () => process.exit(0));
process.send?.(0);

for (;;) {
  began = performance.now();
  // After a long stall, the server may close the waiting connection.
  while (!(await ask())) await wait(EVERY_MS);
  longest = Math.max(longest, performance.now() - began);
  began = undefined;
  await wait(EVERY_MS);
}
