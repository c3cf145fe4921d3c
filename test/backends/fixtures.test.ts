import { describe, expect, it } from 'vitest';
import { fixtureFaults } from '../support/upstream/fixture-faults.ts';
import { fixturesOf } from '../support/upstream/fixtures.ts';
import type { Fixture } from '../support/upstream/fixtures.ts';
import { findPeers } from '../support/upstream/peers.ts';
import { ollama } from './ollama/peers.ts';
import { covers } from '../support/covers.ts';

const OLLAMA = /^Ollama \d+\.\d+\.\d+/;

describe.each([
  ['ollama', OLLAMA],
  ['openai', /^llama-server b\d+/],
  ['vllm', /^vLLM \d+\.\d+\.\d+/],
])('the fixtures of %s', (folder, server) => {
  covers('R4.7-fixtures', 'R2.8-translate');

  const fixtures = fixturesOf(folder);
  const names = fixtures.names();

  it('are recordings, and answers made by hand', () => {
    const some = folder === 'vllm' ? ['count', 'demanded'] : ['contract', 'hand-made/html'];
    expect(names).toEqual(expect.arrayContaining(some));
  });

  it.each(names)('%s names its source', async (name) => {
    expect(fixtureFaults(name, await fixtures.read(name), server)).toEqual([]);
  });
});

const RECORDED: Fixture = {
  header: {
    server: 'Ollama 0.24.0',
    date: '2026-01-31',
    command: 'PORTICO_RECORD=1 npx vitest run',
    handMade: false,
  },
  exchanges: [
    {
      request: { method: 'POST', path: '/api/chat', body: {} },
      response: { status: 200, contentType: 'application/json', chunks: [] },
    },
  ],
};
const WRITTEN: Fixture = {
  header: { ...RECORDED.header, server: 'none', command: 'written by hand: HTML', handMade: true },
  exchanges: [
    {
      request: { method: 'POST', path: '/api/chat' },
      response: { status: 200, contentType: 'text/html', chunks: [], brokenOff: true },
    },
  ],
};

describe('a fixture', () => {
  covers('R4.7-fixtures');

  it('passes as a recording, or as a hand-made answer that says so', () => {
    expect(fixtureFaults('text', RECORDED, OLLAMA)).toEqual([]);
    expect(fixtureFaults('hand-made/html', WRITTEN, OLLAMA)).toEqual([]);
  });

  const headed = (header: Partial<Fixture['header']>, of = RECORDED): Fixture => ({
    ...of,
    header: { ...of.header, ...header },
  });

  it.each([
    ['text', WRITTEN, 'was written by hand, but is among the recordings'],
    ['hand-made/text', RECORDED, 'is a recording, but is among the answers written by hand'],
    ['text', headed({ server: 'none' }), 'names no server with its version'],
    ['hand-made/x', headed({ server: 'Ollama 1.0.0' }, WRITTEN), 'names a server, and was written'],
    ['text', headed({ date: 'today' }), 'has no date'],
    ['text', headed({ command: 'curl' }), 'names no command that recorded it'],
    ['hand-made/x', headed({ command: '' }, WRITTEN), 'does not say what it replaces'],
    ['text', { ...RECORDED, exchanges: [] }, 'has no exchanges'],
    ['text', headed({ handMade: false, server: 'Ollama 0.24.0' }, WRITTEN), 'lacks what was asked'],
    ['text', { ...RECORDED, exchanges: WRITTEN.exchanges }, 'has what no recorder writes'],
  ])('%s fails the check that it %3$s', (name, fixture, fault) => {
    expect(fixtureFaults(name, fixture, OLLAMA).join('; ')).toContain(fault);
  });

  it('that was written by hand is never played as a recording to the suites', async () => {
    const kind = { ...ollama, fixtures: { ...ollama.fixtures, read: async () => WRITTEN } };
    for (const peer of await findPeers(kind, {})) {
      await expect(peer.open('text')).rejects.toThrow(/text was written by hand/);
    }
  });
});
