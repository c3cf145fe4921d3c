import { describe, expect, it } from 'vitest';
import type { Capabilities } from '../../../src/core/backend.ts';
import { isRecord } from '../../../src/core/json.ts';
import { encodeModel, encodePage, pageOf } from '../../../src/wires/anthropic/models.ts';
import type { ModelListing } from '../../../src/wires/wire.ts';
import { refusal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const capabilities: Capabilities = {
  contextTokens: 4096,
  thinking: 'always',
  tools: 'enforced',
  structuredOutput: true,
  images: false,
  documents: false,
  citations: false,
  exactCount: true,
};

function listing(id: string): ModelListing {
  return { id, displayName: id, createdAt: '2026-01-02T03:04:05Z', capabilities: undefined };
}

const LISTINGS = Array.from({ length: 25 }, (_, index) => listing(`m${index}`));

/** Ids of a page, and its other fields. */
function page(query: Record<string, unknown>): unknown {
  const { items, hasMore } = pageOf(LISTINGS, query);
  const { data, ...marks } = encodePage(items, hasMore);
  const ids = Array.isArray(data)
    ? data.map((item: unknown) => isRecord(item) && item['id'])
    : data;
  return { ids, ...marks };
}

const ids = (from: number, to: number): string[] => LISTINGS.slice(from, to).map(({ id }) => id);

describe('the encoder of models', () => {
  covers('R2.3-models', 'R2.3-model', 'R2.4-capabilities', 'R2.3-paging');

  it('reports no capabilities for a model that was never loaded', () => {
    expect(encodeModel(listing('mini'))).toEqual({
      id: 'mini',
      type: 'model',
      display_name: 'mini',
      description: null,
      created_at: '2026-01-02T03:04:05Z',
      max_input_tokens: null,
      max_tokens: null,
      capabilities: null,
      lifecycle: 'active',
      line: null,
      deprecated_at: null,
      retires_at: null,
    });
  });

  it('reports the capabilities of a known model', () => {
    expect(encodeModel({ ...listing('mini'), capabilities })).toMatchObject({
      max_input_tokens: 4096,
      max_tokens: 4096,
      capabilities: {
        image_input: { supported: false },
        pdf_input: { supported: false },
        citations: { supported: false },
        structured_outputs: { supported: true },
        thinking: {
          supported: true,
          types: { enabled: { supported: true }, disabled: { supported: false } },
        },
      },
    });
  });

  it.each([
    [{}, ids(0, 20), true],
    [{ limit: '1' }, ids(0, 1), true],
    [{ limit: '1000', beta: 'true' }, ids(0, 25), false],
    [{ after_id: 'm19' }, ids(20, 25), false],
    [{ after_id: 'm4', limit: '5' }, ids(5, 10), true],
    [{ before_id: 'm10', limit: '5' }, ids(5, 10), true],
    [{ before_id: 'm3', limit: '5' }, ids(0, 3), false],
  ])('returns the requested page for %j', (query, expected, hasMore) => {
    expect(page(query)).toEqual({
      ids: expected,
      has_more: hasMore,
      first_id: expected.at(0),
      last_id: expected.at(-1),
    });
  });

  it.each([[{ before_id: 'm0' }], [{ after_id: 'm24' }]])(
    'returns an empty page for %j',
    (query) => {
      expect(page(query)).toEqual({ ids: [], has_more: false, first_id: null, last_id: null });
    },
  );

  it.each([
    [{ limit: '0' }, 'limit: Input should be greater than or equal to 1'],
    [{ limit: '1001' }, 'limit: Input should be less than or equal to 1000'],
    [{ limit: 'ten' }, 'limit: Input should be a valid number'],
    [{ limit: '2.5' }, 'limit: Input should be a valid integer'],
    [{ after_id: 'none' }, "after_id: no model has the id 'none'"],
    [{ after_id: ['a', 'b'] }, 'after_id: Input should be a valid string'],
    [
      { after_id: 'm1', before_id: 'm9' },
      "before_id: can't be used together with after_id; leave one of them out",
    ],
  ])('refuses %j', (query, words) => {
    const failure = refusal(() => pageOf(LISTINGS, query));
    expect([failure.code, failure.message]).toEqual(['invalid-request', words]);
  });
});
