import { describe, expect, it } from 'vitest';
import { finish } from '../../../src/core/steps.ts';
import { decodeTools } from '../../../src/wires/anthropic/decoding/tools.ts';
import { covers } from '../../support/covers.ts';

function schemaOf(tool: Readonly<Record<string, unknown>>) {
  const [decoded] = finish(decodeTools([{ name: 'named', ...tool }]));
  const { properties, required } = decoded?.inputSchema ?? {};
  return {
    keys: Object.keys(properties ?? {}),
    required,
    properties: JSON.stringify(properties),
    name: decoded?.name,
  };
}

const EDITS = ['command', 'path', 'view_range', 'file_text', 'old_str', 'new_str'];

describe('a typed tool', () => {
  covers('R5.7-schemas');

  it.each([
    ['bash_20250124', ['command', 'restart'], undefined],
    ['text_editor_20241022', [...EDITS, 'insert_line'], ['command', 'path']],
    ['text_editor_20250124', [...EDITS, 'insert_line'], ['command', 'path']],
    ['text_editor_20250429', [...EDITS, 'insert_line'], ['command', 'path']],
    ['text_editor_20250728', [...EDITS, 'insert_text', 'insert_line'], ['command', 'path']],
    [
      'memory_20250818',
      [...EDITS, 'insert_line', 'insert_text', 'old_path', 'new_path'],
      ['command'],
    ],
    ['computer_20241022', ['action', 'coordinate', 'text'], ['action']],
    ['web_search_20250305', ['query'], ['query']],
    ['web_search_20260318', ['query'], ['query']],
    ['web_fetch_20250910', ['url'], ['url']],
  ])('gets the schema of %s', (type, keys, required) => {
    expect(schemaOf({ type })).toMatchObject({ keys, required, name: 'named' });
  });

  it.each([
    ['text_editor_20250124', true],
    ['text_editor_20250429', false],
    ['text_editor_20250728', false],
  ])('of type %s has an undo command: %s', (type, can) => {
    expect(schemaOf({ type }).properties.includes('undo_edit')).toBe(can);
  });

  it.each([
    [{ type: 'computer_20241022' }, 'scroll', false],
    [{ type: 'computer_20250124' }, 'scroll', true],
    [{ type: 'computer_20250124' }, 'zoom', false],
    [{ type: 'computer_20251124', enable_zoom: true }, 'zoom', true],
  ])('from %o has the action %s: %s', (tool, action, can) => {
    const { properties } = schemaOf({ ...tool, display_width_px: 1024, display_height_px: 768 });
    expect(properties.includes(`"${action}"`)).toBe(can);
  });

  it('for a computer has the screen size in its description', () => {
    const sized = { type: 'computer_20250124', display_width_px: 1024, display_height_px: 768 };
    const [decoded] = finish(decodeTools([{ name: 'computer', ...sized }]));
    expect(decoded?.description).toContain('1024 x 768');
  });
});

describe('limits of a server tool', () => {
  covers('R5.7-limits');

  it('are decoded', () => {
    const given = { max_uses: 3, allowed_domains: ['a.org'], max_content_tokens: 9 };
    const [decoded] = finish(
      decodeTools([{ type: 'web_fetch_20250910', name: 'web_fetch', ...given }]),
    );
    expect(decoded?.origin).toMatchObject({
      serverTool: {
        service: 'web-fetch',
        maxUses: 3,
        allowedDomains: ['a.org'],
        blockedDomains: [],
        maxContentTokens: 9,
      },
    });
  });

  it.each([
    [{ max_uses: 0 }, /^tools\.0\.web_search_20250305\.max_uses: Input should be greater/],
    [
      { allowed_domains: ['a.org'], blocked_domains: ['b.org'] },
      /^tools\.0\.web_search_20250305: allowed_domains and blocked_domains/,
    ],
    [{ url_sources: { user_input: { type: 'none' } } }, /url_sources: .*leave it out$/],
  ])('are refused by name: %o', (given, message) => {
    const tool = { type: 'web_search_20250305', name: 'web_search', ...given };
    expect(() => finish(decodeTools([tool]))).toThrow(message);
  });
});
