import { describe, expect, it } from 'vitest';
import { fixtures } from './peers.ts';

describe('[R4.7-fixtures] the recordings of OpenAI-compatible servers', () => {
  const names = fixtures.names();

  it('are there, and so are answers made by hand', () => {
    expect(names).toContain('contract');
    expect(names).toContain('hand-made/html');
  });

  it.each(names)('%s says where it comes from, and names no folder', async (name) => {
    const { header, exchanges } = await fixtures.read(name);
    const byHand = name.startsWith('hand-made/');
    expect(header).toEqual({
      server: byHand ? 'none' : (expect.stringMatching(/^llama-server b\d+/) as string),
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string,
      command: expect.stringMatching(byHand ? /^written by hand: / : /PORTICO_RECORD=1/) as string,
      handMade: byHand,
    });
    expect(exchanges).not.toEqual([]);
    expect(JSON.stringify(exchanges)).not.toMatch(/\/(home|root|tmp|work|Users)\//);
  });
});
