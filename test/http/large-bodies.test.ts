import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await serveScript({
    // eslint-disable-next-line require-yield
    async *script() {
      throw new Error('no body here is to be answered');
    },
  });
});
afterEach(() => server.close());

const MB = 1024 * 1024;
const LARGE = `{"model":"${'m'.repeat(5 * MB)}"`;

/** A request of which only the beginning is sent. */
function begin(text: string) {
  const open = httpRequest(`${server.url}/v1/messages`, { method: 'POST' });
  open.on('error', () => undefined);
  open.write(text);
  return open;
}

async function statusOf(text: string): Promise<number> {
  return (await fetch(`${server.url}/v1/messages`, { method: 'POST', body: text })).status;
}

describe('[R12.1-turns] a large body', () => {
  it('waits for the large one before it, while small ones are answered', async () => {
    const first = begin(LARGE);
    // It has its turn once its first megabytes were read.
    await new Promise((resolve) => first.once('drain', resolve));
    let isAnswered = false;
    const second = statusOf(LARGE).then((status) => {
      isAnswered = true;
      return status;
    });
    expect(await statusOf('{')).toBe(400);
    expect(isAnswered).toBe(false);
    first.destroy();
    expect(await second).toBe(400);
  });

  it('that was given up while it waited holds up no other', async () => {
    const first = begin(LARGE);
    await new Promise((resolve) => first.once('drain', resolve));
    const second = begin(LARGE);
    await statusOf('{');
    const third = statusOf(LARGE);
    second.destroy();
    first.destroy();
    expect(await third).toBe(400);
  });
});
