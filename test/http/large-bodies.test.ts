import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { largeBodyTurn } from '../../src/http/large-bodies.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

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

describe('a large body', () => {
  covers('R12.1-turns');

  it('does not wait for another one whose client stopped sending', async () => {
    const stalled = begin(LARGE);
    await new Promise((resolve) => stalled.once('drain', resolve));
    expect(await statusOf(LARGE)).toBe(400);
    stalled.destroy();
  });

  it('waits while another one is decoded, in the order of coming', async () => {
    const order: string[] = [];
    const leave = await largeBodyTurn();
    const others = ['second', 'third'].map(async (name) => {
      const leaveNext = await largeBodyTurn();
      order.push(name);
      leaveNext();
    });
    const answered = statusOf(LARGE).then((status) => order.push(`status ${status}`));
    expect(await statusOf('{')).toBe(400);
    expect(order).toEqual([]);
    leave();
    await Promise.all([...others, answered]);
    expect(order).toEqual(['second', 'third', 'status 400']);
  });
});
