import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plannedEnvironment } from '../../src/launch/agent.ts';
import { claudeEnvironment, ELSEWHERE } from '../../src/launch/claude/environment.ts';
import { outputTokens } from '../../src/launch/environment.ts';
import { covers } from '../support/covers.ts';

const MODEL = {
  baseUrl: 'http://127.0.0.1:11435',
  key: 'portico',
  name: 'big',
  contextTokens: 65_536,
};

describe('the environment of Claude Code', () => {
  covers('R5.1-environment');

  it('names the local model for every tier and for subagents', () => {
    const set = claudeEnvironment(MODEL, {});
    const models = Object.entries(set).filter(([name]) => name.endsWith('_MODEL'));
    expect(models.map(([name]) => name).toSorted()).toEqual([
      'ANTHROPIC_DEFAULT_FABLE_MODEL',
      'ANTHROPIC_DEFAULT_HAIKU_MODEL',
      'ANTHROPIC_DEFAULT_OPUS_MODEL',
      'ANTHROPIC_DEFAULT_SONNET_MODEL',
      'ANTHROPIC_MODEL',
      'ANTHROPIC_SMALL_FAST_MODEL',
      'CLAUDE_CODE_SUBAGENT_MODEL',
    ]);
    expect(new Set(models.map(([, value]) => value))).toEqual(new Set(['big']));
    expect(set).toMatchObject({
      ANTHROPIC_BASE_URL: MODEL.baseUrl,
      ANTHROPIC_AUTH_TOKEN: 'portico',
      CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
    });
  });

  it('labels each family in /model, with the small model as haiku', () => {
    const small = { name: 'little', contextTokens: 8192, thinks: false };
    const set = claudeEnvironment({ ...MODEL, thinks: true, slots: 3, small }, {});
    expect(set).toMatchObject({
      ANTHROPIC_MODEL: 'big',
      ANTHROPIC_DEFAULT_OPUS_MODEL_NAME: 'big',
      ANTHROPIC_DEFAULT_OPUS_MODEL_DESCRIPTION: 'Local model, context of 65,536 tokens',
      ANTHROPIC_DEFAULT_HAIKU_MODEL: 'little',
      ANTHROPIC_DEFAULT_HAIKU_MODEL_NAME: 'little',
      ANTHROPIC_DEFAULT_HAIKU_MODEL_DESCRIPTION: 'Local model, context of 8,192 tokens',
      ANTHROPIC_SMALL_FAST_MODEL: 'little',
      CLAUDE_CODE_SUBAGENT_MODEL: 'big',
      CLAUDE_CODE_MAX_CONCURRENT_SUBAGENTS: '3',
    });
    expect(set['ANTHROPIC_DEFAULT_SONNET_MODEL_SUPPORTED_CAPABILITIES']).toContain('thinking');
    expect(set['ANTHROPIC_DEFAULT_HAIKU_MODEL_SUPPORTED_CAPABILITIES']).not.toContain('thinking');
  });

  it('labels a model without the control characters of its name', () => {
    const name = 'big\u001B[31m\u202E';
    const set = claudeEnvironment({ ...MODEL, name }, {});
    expect(set).toMatchObject({
      ANTHROPIC_DEFAULT_OPUS_MODEL: name,
      ANTHROPIC_DEFAULT_OPUS_MODEL_NAME: 'big[31m',
    });
  });

  it('turns off the window of a million tokens and the token countdown, and loads tools on demand', () => {
    expect(claudeEnvironment(MODEL, {})).toMatchObject({
      CLAUDE_CODE_DISABLE_1M_CONTEXT: '1',
      CLAUDE_CODE_TOTAL_TOKENS_REMINDER: 'off',
      CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
      ENABLE_TOOL_SEARCH: 'true',
    });
    const own = claudeEnvironment(MODEL, { ENABLE_TOOL_SEARCH: 'false' });
    expect(own['ENABLE_TOOL_SEARCH']).toBe('false');
  });

  it('leaves the non-streaming fallback on, because it recovers broken answers', () => {
    expect(Object.keys(claudeEnvironment(MODEL, {}))).not.toContain(
      'CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK',
    );
  });

  it.each([
    [undefined, undefined, undefined, undefined],
    [8191, '21190', '100000', '2047'],
    [65_536, '78536', '100000', '16384'],
    [262_144, '262144', '262144', '32000'],
  ])(
    'for a context of %s sets %s, a window of %s and %s for answers',
    (contextTokens, ...limits) => {
      const set = claudeEnvironment({ ...MODEL, contextTokens }, {});
      expect([
        set['CLAUDE_CODE_MAX_CONTEXT_TOKENS'],
        set['CLAUDE_CODE_AUTO_COMPACT_WINDOW'],
        set['CLAUDE_CODE_MAX_OUTPUT_TOKENS'],
      ]).toEqual(limits);
    },
  );

  it('bypasses every proxy for the server', () => {
    const { NO_PROXY, no_proxy } = claudeEnvironment(
      { ...MODEL, baseUrl: 'http://[fd00::7]:11435' },
      { NO_PROXY: 'corp.example, 10.0.0.0/8', no_proxy: 'localhost' },
    );
    expect(NO_PROXY).toBe('corp.example,10.0.0.0/8,localhost,127.0.0.1,::1,fd00::7');
    expect(no_proxy).toBe(NO_PROXY);
  });

  it('sets no variable that leads to another server', () => {
    const before = { ...Object.fromEntries(ELSEWHERE.map((name) => [name, '1'])), PATH: '/bin' };
    const set = claudeEnvironment(MODEL, {});
    const planned = plannedEnvironment(before, { set, unset: ELSEWHERE });
    expect(planned).toEqual({ PATH: '/bin', ...set });
    expect(ELSEWHERE).toContain('ANTHROPIC_API_KEY');
  });
});

describe('the limit of an answer', () => {
  covers('R5.1-output');

  it('is at most a quarter of the context, and at least one token', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 2_000_000 }), (context) => {
        const most = outputTokens(context);
        expect(most).toBeGreaterThan(0);
        expect(most).toBeLessThanOrEqual(context / 4);
        expect(most).toBeLessThanOrEqual(32_000);
      }),
    );
  });
});
