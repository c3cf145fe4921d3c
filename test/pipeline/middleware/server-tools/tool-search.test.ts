import { describe, expect, it } from 'vitest';
import type { ToolSpec } from '../../../../src/core/conversation.ts';
import { findTools } from '../../../../src/pipeline/middleware/server-tools/tool-search/tool-search.ts';

function tool(name: string, description = '', properties = {}): ToolSpec {
  const inputSchema = { type: 'object', properties };
  return { name, description, inputSchema, origin: { kind: 'custom' }, deferred: true };
}

const never = new AbortController().signal;

function find(by: 'regex' | 'bm25', query: string, tools: readonly ToolSpec[]) {
  const call = { kind: 'tool-call', id: 'toolu_1', name: 'search', input: { query } } as const;
  return findTools(call, { service: 'tool-search', by, ignored: [] }, tools, never);
}

const many = Array.from({ length: 9 }, (_, index) => tool(`read_${index}`));

describe.each(['regex', 'bm25'] as const)('a search by %s', (by) => {
  it('reads names, descriptions and arguments, and prefers names', async () => {
    const tools = [
      tool('a', 'Sends mail to people.'),
      tool('b', '', { mail: { type: 'string' } }),
      tool('c', '', { to: { type: 'string', description: 'Address of the mail.' } }),
      tool('send_mail'),
      tool('other'),
    ];
    const found = await find(by, 'mail', tools);
    if (found.kind !== 'tools') throw new Error(found.kind);
    expect(found.names[0]).toBe('send_mail');
    expect(found.names.toSorted()).toEqual(['a', 'b', 'c', 'send_mail']);
  });

  it('finds at most five tools, and only deferred ones', async () => {
    const loaded = { ...tool('read'), deferred: false };
    const found = await find(by, 'read', [loaded, ...many]);
    expect(found).toEqual({ kind: 'tools', names: many.slice(0, 5).map(({ name }) => name) });
  });
});

describe('a search by words', () => {
  it('prefers rare words, and reads camelCase and plurals', async () => {
    const tools = [...many, tool('listCalendarEvent', 'Reads.')];
    const found = await find('bm25', 'read calendar events', tools);
    expect(found).toMatchObject({ names: expect.arrayContaining(['listCalendarEvent']) });
    expect(found.kind === 'tools' && found.names[0]).toBe('listCalendarEvent');
  });
});

describe('a search by a pattern', () => {
  it.each(['(?i)WEATHER', '^get_\\w+$', 'x|weather'])('understands %s', async (pattern) => {
    const found = await find('regex', pattern, [tool('get_weather'), tool('other')]);
    expect(found).toEqual({ kind: 'tools', names: ['get_weather'] });
  });

  it('takes linear time for a pattern that would backtrack', async () => {
    const long = tool('long', 'a'.repeat(4000));
    expect(await find('regex', '(a+)+[bc]', [long])).toEqual({ kind: 'tools', names: [] });
  });

  it.each(['a(?=b)', '(a)\\1', 'a{1000}'.repeat(3)])('refuses %s', async (pattern) => {
    expect(await find('regex', pattern, many)).toMatchObject({
      kind: 'failed',
      reason: 'invalid-input',
    });
  });
});
