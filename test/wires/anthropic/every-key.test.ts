import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../support/server.ts';
import { decode, refusal } from './decoding.ts';

/** File with the request types of the newest SDK. */
const TYPES = path.join(
  REPOSITORY,
  'node_modules/anthropic-sdk-1/resources/beta/messages/messages.d.ts',
);

type Outcome = 'honoured' | 'logged' | 'refused' | 'header';

const png = { type: 'url', url: 'https://a.test/x.png' };
const cached = { type: 'ephemeral' };
const schema = { type: 'object', additionalProperties: false };
const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const called = { type: 'tool_use', id: 'A', name: 'look', input: {} };
const result = { type: 'tool_result', tool_use_id: 'A' };
const look = { name: 'look', input_schema: { type: 'object' } };

/** Conversation with the block in an assistant turn before the last one. */
const assistant = (block: object) => ({
  messages: [
    { role: 'user', content: 'Look' },
    { role: 'assistant', content: [block, { type: 'text', text: 'x' }] },
    { role: 'user', content: 'Well?' },
  ],
});
const answering = (call: object, answer: object) => ({
  messages: [
    { role: 'user', content: 'Look' },
    { role: 'assistant', content: [call] },
    { role: 'user', content: [answer] },
  ],
});
const inTools = (tool: object) => ({ tools: [tool] });

interface Row {
  /** Creates request fields that contain a value of the type. */
  readonly within: (value: object) => object;
  readonly base: object;
  /** Value and expected outcome of each optional key. */
  readonly keys: Readonly<Record<string, readonly [value: unknown, outcome: Outcome]>>;
}

const TOOL_KEYS: Row['keys'] = {
  allowed_callers: [['code_execution_20260120'], 'honoured'],
  cache_control: [cached, 'honoured'],
  defer_loading: [true, 'honoured'],
  strict: [true, 'honoured'],
};
const EXAMPLES: Row['keys'] = { input_examples: [[{ a: 1 }], 'honoured'] };
const LIMITS: Row['keys'] = {
  ...TOOL_KEYS,
  allowed_domains: [['a.test'], 'honoured'],
  blocked_domains: [['a.test'], 'honoured'],
  max_uses: [1, 'honoured'],
};

const TABLE: Readonly<Record<string, Row>> = {
  MessageCreateParamsBase: {
    within: (value) => value,
    base: { tools: [look] },
    keys: {
      billing_policy: [{ bill_to: 'self' }, 'logged'],
      cache_control: [cached, 'honoured'],
      compaction: [{ type: 'summarize' }, 'honoured'],
      container: ['container_1', 'logged'],
      context_management: [{ edits: [] }, 'honoured'],
      diagnostics: [{ previous_message_id: null }, 'honoured'],
      fallback_credit_token: ['x', 'logged'],
      fallbacks: ['default', 'logged'],
      inference_geo: ['eu', 'logged'],
      mcp_servers: [[{ type: 'url', url: 'https://a.test', name: 'a' }], 'honoured'],
      metadata: [{ user_id: 'u' }, 'honoured'],
      output_config: [{ format: { type: 'json_schema', schema } }, 'honoured'],
      output_format: [{ type: 'json_schema', schema }, 'honoured'],
      service_tier: ['auto', 'logged'],
      speed: ['fast', 'logged'],
      stop_sequences: [['x'], 'honoured'],
      stream: [true, 'honoured'],
      system: ['Be brief.', 'honoured'],
      thinking: [{ type: 'adaptive' }, 'honoured'],
      thread: [{ type: 'create' }, 'logged'],
      tool_choice: [{ type: 'none' }, 'honoured'],
      tools: [[], 'honoured'],
      betas: [['x'], 'header'],
      user_profile_id: ['x', 'logged'],
      workspace_id: ['x', 'logged'],
    },
  },
  BetaMetadata: {
    within: (metadata) => ({ metadata }),
    base: {},
    keys: { user_id: ['u', 'honoured'] },
  },
  BetaOutputConfig: {
    within: (output_config) => ({ output_config, thinking: { type: 'adaptive' } }),
    base: {},
    keys: {
      effort: ['low', 'honoured'],
      format: [{ type: 'json_schema', schema }, 'honoured'],
      task_budget: [{ type: 'tokens', total: 5 }, 'logged'],
    },
  },
  BetaThinkingConfigAdaptive: {
    within: (thinking) => ({ thinking }),
    base: { type: 'adaptive' },
    keys: { block_binding: [{}, 'logged'], display: ['omitted', 'honoured'] },
  },
  BetaThinkingConfigEnabled: {
    within: (thinking) => ({ thinking, max_tokens: 4096 }),
    base: { type: 'enabled', budget_tokens: 1024 },
    keys: { block_binding: [{}, 'logged'], display: ['updates', 'logged'] },
  },
  BetaCacheControlEphemeral: {
    within: (cache_control) => ({ cache_control }),
    base: cached,
    keys: { ttl: ['1h', 'honoured'] },
  },
  BetaToolChoiceAny: {
    within: (tool_choice) => ({ tool_choice, tools: [look] }),
    base: { type: 'any' },
    keys: { disable_parallel_tool_use: [true, 'honoured'] },
  },
  BetaSystemMessageParam: {
    within: (message) => ({
      messages: [{ role: 'user', content: 'a' }, message, { role: 'user', content: 'b' }],
    }),
    base: { role: 'system', content: 'Be brief.' },
    keys: {
      clear_at: ['next_user_message', 'honoured'],
      content: ['Be long.', 'honoured'],
      output_config: [{ effort: 'low' }, 'logged'],
    },
  },
  BetaTextBlockParam: {
    within: (block) => user([block]),
    base: { type: 'text', text: 'x' },
    keys: { cache_control: [cached, 'honoured'], citations: [[{ type: 'x' }], 'refused'] },
  },
  BetaImageBlockParam: {
    within: (block) => user([block]),
    base: { type: 'image', source: png },
    keys: {
      cache_control: [cached, 'honoured'],
      transformations: [{ oversized_image: 'error' }, 'refused'],
    },
  },
  BetaRequestDocumentBlock: {
    within: (block) => user([block]),
    base: { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } },
    keys: {
      cache_control: [cached, 'honoured'],
      citations: [{ enabled: true }, 'honoured'],
      context: ['x', 'honoured'],
      title: ['x', 'honoured'],
    },
  },
  BetaSearchResultBlockParam: {
    within: (block) => user([block]),
    base: { type: 'search_result', source: 's', title: 't', content: [] },
    keys: { cache_control: [cached, 'honoured'], citations: [{ enabled: true }, 'honoured'] },
  },
  BetaToolUseBlockParam: {
    within: (block) => answering(block, result),
    base: called,
    keys: {
      cache_control: [cached, 'honoured'],
      caller: [{ type: 'code_execution_20260120', tool_id: 'x' }, 'logged'],
      toolset_name: ['browser', 'logged'],
    },
  },
  BetaToolResultBlockParam: {
    within: (block) => answering(called, block),
    base: result,
    keys: {
      cache_control: [cached, 'honoured'],
      content: ['x', 'honoured'],
      is_error: [true, 'honoured'],
      toolset_name: ['browser', 'logged'],
    },
  },
  BetaServerToolUseBlockParam: {
    within: assistant,
    base: { type: 'server_tool_use', id: 'A', name: 'web_search', input: {} },
    keys: {
      cache_control: [cached, 'honoured'],
      caller: [{ type: 'code_execution_20260120', tool_id: 'x' }, 'logged'],
    },
  },
  BetaCompactionBlockParam: {
    within: (block) => user([block, { type: 'text', text: 'x' }]),
    base: { type: 'compaction' },
    keys: {
      cache_control: [cached, 'honoured'],
      content: ['so far', 'honoured'],
      encrypted_content: ['x', 'logged'],
      signature: ['x', 'logged'],
      tool_changes: [
        [{ type: 'tool_addition', tool: { type: 'tool_definition', definition: look } }],
        'honoured',
      ],
    },
  },
  BetaTool: {
    within: inTools,
    base: look,
    keys: {
      ...TOOL_KEYS,
      ...EXAMPLES,
      description: ['x', 'honoured'],
      eager_input_streaming: [false, 'honoured'],
      type: ['custom', 'honoured'],
    },
  },
  BetaToolTextEditor20250728: {
    within: inTools,
    base: { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
    keys: { ...TOOL_KEYS, ...EXAMPLES, max_characters: [9, 'logged'] },
  },
  BetaToolComputerUse20251124: {
    within: inTools,
    base: {
      type: 'computer_20251124',
      name: 'computer',
      display_width_px: 9,
      display_height_px: 9,
    },
    keys: {
      ...TOOL_KEYS,
      ...EXAMPLES,
      display_number: [1, 'logged'],
      enable_zoom: [true, 'honoured'],
    },
  },
  BetaWebSearchTool20260318: {
    within: inTools,
    base: { type: 'web_search_20260318', name: 'web_search' },
    keys: {
      ...LIMITS,
      response_inclusion: ['full', 'logged'],
      user_location: [{ type: 'approximate' }, 'logged'],
    },
  },
  BetaWebFetchTool20260318: {
    within: inTools,
    base: { type: 'web_fetch_20260318', name: 'web_fetch' },
    keys: {
      ...LIMITS,
      citations: [{ enabled: true }, 'logged'],
      max_content_tokens: [9, 'honoured'],
      response_inclusion: ['full', 'logged'],
      url_sources: [{}, 'refused'],
      use_cache: [true, 'logged'],
    },
  },
};

/** Optional keys of each interface. */
function optionalKeys(): ReadonlyMap<string, readonly string[]> {
  const source = ts.createSourceFile(TYPES, readFileSync(TYPES, 'utf8'), ts.ScriptTarget.Latest);
  const found = new Map<string, readonly string[]>();
  ts.forEachChild(source, (node) => {
    if (!ts.isInterfaceDeclaration(node)) return;
    const keys = node.members.flatMap(({ name, questionToken }) =>
      name !== undefined && ts.isIdentifier(name) && questionToken !== undefined ? [name.text] : [],
    );
    found.set(node.name.text, keys);
  });
  return found;
}

/** Logged fields of a request: of the wire and of the executors of its tools. */
function loggedOf({ ignored, request }: ReturnType<typeof decode>): readonly string[] {
  const served = request.conversation.tools.flatMap(({ origin }) =>
    origin.kind === 'server' ? (origin.serverTool?.ignored ?? []) : [],
  );
  return [...ignored, ...served];
}

function outcomeOf({ within, base }: Row, key: string, value: unknown): Outcome | 'dropped' {
  const fields = within({ ...base, [key]: value });
  let decoded: ReturnType<typeof decode>;
  try {
    decoded = decode(fields);
  } catch {
    return refusal(() => decode(fields)).message.includes(key) ? 'refused' : 'dropped';
  }
  if (loggedOf(decoded).some((field) => field.split('.').includes(key))) return 'logged';
  const without = decode(within(base));
  const request = ({ ignored: _ignored, ...rest }: typeof decoded) => JSON.stringify(rest);
  return request(decoded) === request(without) ? 'dropped' : 'honoured';
}

const published = optionalKeys();

describe.each(Object.entries(TABLE))('%s of the newest SDK', (name, row) => {
  it('has no key that is missing in this table', () => {
    const known = Object.keys(row.keys);
    expect(published.get(name)?.filter((key) => !known.includes(key))).toEqual([]);
  });

  const rows = Object.entries(row.keys).filter(
    ([key, [, outcome]]) => outcome !== 'header' && !(name === 'BetaTool' && key === 'type'),
  );
  it.each(rows)('does not lose the key %s silently', (key, [value, outcome]) => {
    expect(outcomeOf(row, key, value)).toBe(outcome);
  });
});
