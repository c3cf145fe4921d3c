import { Agent, get } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Asks a server for /health every 20 ms on a connection of its own, in a process of its own, since
 * whoever sends large bodies waits for itself. Each message asks for the longest wait since the last.
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
  // A server that stood still for long may close the connection that it left waiting.
  while (!(await ask())) await wait(EVERY_MS);
  longest = Math.max(longest, performance.now() - began);
  began = undefined;
  await wait(EVERY_MS);
}
