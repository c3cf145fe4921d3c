import { describe, expect, it } from 'vitest';
import type { Conversation, Part, Turn } from '../../../../src/core/conversation.ts';
import { isAllowed } from '../../../../src/pipeline/middleware/server-tools/domains.ts';
import { withServerCalls } from '../../../../src/pipeline/middleware/server-tools/history.ts';
import { isNamed } from '../../../../src/pipeline/middleware/server-tools/prior-urls.ts';
import { covers } from '../../../support/covers.ts';

describe('a domain', () => {
  covers('R5.7-limits');

  it.each([
    ['https://example.com/a', ['example.com'], true],
    ['https://docs.example.com/a', ['example.com'], true],
    ['https://badexample.com/a', ['example.com'], false],
    ['https://example.com.evil.org/', ['example.com'], false],
    ['https://example.com/blog/1', ['example.com/blog'], true],
    ['https://example.com/blogs', ['example.com/blog'], false],
    ['https://example.com/x/articles/1', ['example.com/*/articles'], true],
    ['https://EXAMPLE.com/', ['Example.COM'], true],
    ['https://user@example.com:8080/', ['example.com'], true],
    ['ftp://example.com/', ['example.com'], false],
    ['no url', [], false],
  ])('%s with %o allowed: %s', (url, allowedDomains, allowed) => {
    expect(isAllowed(url, { allowedDomains, blockedDomains: [] })).toBe(allowed);
  });

  it.each([
    ['https://docs.example.com/', false],
    ['https://example.org/', true],
  ])('%s with example.com blocked: %s', (url, allowed) => {
    expect(isAllowed(url, { allowedDomains: [], blockedDomains: ['example.com'] })).toBe(allowed);
  });
});

function conversationOf(...turns: readonly Turn[]): Conversation {
  return { system: [], turns, tools: [] };
}

const text = (words: string): Part => ({ kind: 'text', text: words });

describe('a URL in the conversation', () => {
  covers('R5.7-fetch');

  const result = (output: readonly Part[]): Part => ({
    kind: 'tool-result',
    callId: 'a',
    output,
    isError: false,
  });
  it.each([
    ['by the user', [text('Read https://a.org/x?y=1 please')], 'https://a.org/x?y=1', true],
    ['without its scheme', [text('Read a.org/x')], 'https://a.org/x/', true],
    ['by a tool', [result([text('see http://a.org/x')])], 'http://a.org/x', true],
    ['with another query: no', [text('Read https://a.org/x')], 'https://a.org/x?secret=1', false],
    ['by no one: no', [text('Read a page')], 'https://a.org/', false],
  ])('is accepted if named %s', (_title, parts, url, named) => {
    expect(isNamed(url, conversationOf({ role: 'user', parts }))).toBe(named);
  });

  it('is refused if only the model named it', () => {
    const said = conversationOf({ role: 'assistant', parts: [text('https://a.org/x')] });
    expect(isNamed('https://a.org/x', said)).toBe(false);
  });
});

describe('calls of server tools in an earlier answer', () => {
  covers('R5.7-history');

  const call = (id: string): Part => ({
    kind: 'server-tool-call',
    id,
    name: 'web_search',
    input: { query: id },
  });
  const failed = (callId: string): Part => ({
    kind: 'server-tool-result',
    callId,
    blockType: 'web_search_tool_result',
    content: {},
    outcome: { kind: 'failed', reason: 'unavailable' },
  });

  it('become calls and results in turns of their own', () => {
    const { turns } = withServerCalls(
      conversationOf(
        { role: 'user', parts: [text('hi')] },
        {
          role: 'assistant',
          parts: [text('one'), call('a'), call('b'), failed('a'), failed('b'), text('two')],
        },
        { role: 'user', parts: [text('more')] },
      ),
    );
    const shape = turns.map(({ role, parts }) => [role, ...parts.map(({ kind }) => kind)]);
    expect(shape).toEqual([
      ['user', 'text'],
      ['assistant', 'text', 'tool-call', 'tool-call'],
      ['user', 'tool-result', 'tool-result'],
      ['assistant', 'text'],
      ['user', 'text'],
    ]);
    expect(turns[2]?.parts[0]).toMatchObject({ callId: 'a', isError: true });
  });

  it('are joined with results of client tools that were called with them', () => {
    const clients: Part = { kind: 'tool-call', id: 'c', name: 'look', input: {} };
    const { turns } = withServerCalls(
      conversationOf(
        { role: 'user', parts: [text('hi')] },
        { role: 'assistant', parts: [call('a'), clients, failed('a')] },
        { role: 'user', parts: [{ kind: 'tool-result', callId: 'c', output: [], isError: false }] },
      ),
    );
    const shape = turns.map(({ role, parts }) => [role, ...parts.map(({ kind }) => kind)]);
    expect(shape).toEqual([
      ['user', 'text'],
      ['assistant', 'tool-call', 'tool-call'],
      ['user', 'tool-result', 'tool-result'],
    ]);
  });

  it('stay unchanged if the result can’t be read', () => {
    const sealed: Part = {
      kind: 'server-tool-result',
      callId: 'a',
      blockType: 'code_execution_tool_result',
      content: {},
    };
    const given = conversationOf({ role: 'assistant', parts: [call('a'), sealed] });
    expect(withServerCalls(given)).toBe(given);
  });
});
