import { describe, expect, it } from 'vitest';
import { cpuMsOf, startCpuClock } from '../../support/cpu-time.ts';
import { decodeMessages } from '../../../src/wires/anthropic/decode.ts';
import { bodyWith, decode, refusal, seal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const many = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);
const user = (content: unknown): object => ({ role: 'user', content });
const text = { type: 'text', text: 'x' };
const bad = { type: 'bad' };
const call = { type: 'tool_use', id: 'a', name: 'b', input: { list: many(250_000, 0) } };
const domains = { type: 'web_search_20250305', name: 'w', allowed_domains: many(10_001, 'a.org') };
const long = 'x'.repeat(1_000_000);

describe('the limit of a request', () => {
  covers('R12.1-first');

  it.each([
    ['messages', { messages: many(100_001, bad) }, 'messages: List', 100_000],
    ['blocks', { messages: [user(many(10_001, bad))] }, 'messages.0.content: List', 10_000],
    ['blocks of the system prompt', { system: many(10_001, bad) }, 'system: List', 10_000],
    ['tools', { tools: many(10_001, bad) }, 'tools: List', 10_000],
    ['stop sequences', { stop_sequences: many(1001, 'x') }, 'stop_sequences: List', 1000],
    ['domains of a tool', { tools: [domains] }, 'allowed_domains: List', 10_000],
  ])('applies to %s before they are validated', (_what, fields, where, most) => {
    expect(refusal(() => decode(fields)).message).toContain(
      `${where} should have at most ${most} items`,
    );
  });

  it('applies to the blocks of a message including those in results', () => {
    const result = { type: 'tool_result', tool_use_id: 'a', content: many(5000, text) };
    expect(refusal(() => decode({ messages: [user([result, result])] })).message).toBe(
      'messages.0.content: List should have at most 10000 items',
    );
  });

  it('applies to the values in a tool’s arguments', () => {
    const messages = [user('hi'), { role: 'assistant', content: [call] }];
    expect(refusal(() => decode({ messages })).message).toContain('250000 values');
  });

  it('applies to the keys of a tool', () => {
    const wide = Object.fromEntries(many(1001, 0).map((_, index) => [`k${index}`, 1]));
    expect(refusal(() => decode({ tools: [wide] })).message).toBe(
      'tools.0: Input should have at most 1000 keys',
    );
  });

  it('applies to the values of a message', () => {
    const input = { list: many(160_000, 0) };
    const calls = ['a', 'b'].map((id) => ({ ...call, id, input }));
    const messages = [user('hi'), { role: 'assistant', content: calls }];
    expect(refusal(() => decode({ messages })).message).toBe(
      'messages.1: Input should be JSON of at most 300000 values',
    );
  });

  it('applies to the characters of all stop sequences in total', () => {
    const stops = many(16, 'x'.repeat(1024));
    expect(decode({ stop_sequences: stops }).request.stopSequences).toHaveLength(16);
    expect(refusal(() => decode({ stop_sequences: [...stops, 'y'] })).message).toBe(
      'stop_sequences: should have at most 16384 characters in total',
    );
  });

  it('allows as many messages as the API', () => {
    const { request } = decode({ messages: many(100_000, user('hi')) });
    expect(request.conversation.turns[0]?.parts).toHaveLength(100_000);
  });
});

it('tools of many keys are validated in steps', () => {
  const wide = Object.fromEntries(many(900, 0).map((_, index) => [`k${index}`, 1]));
  const tools = many(400, 0).map((_, index) => ({
    ...wide,
    name: `t${index}`,
    input_schema: { type: 'object' },
  }));
  const steps = decodeMessages(bodyWith({ tools }), { headers: {}, seal });
  const times: number[] = [];
  let clock = startCpuClock();
  while (steps.next().done !== true) {
    times.push(clock());
    clock = startCpuClock();
  }
  const all = times.reduce((sum, time) => sum + time, 0);
  expect(Math.max(...times)).toBeLessThan(all / 5);
});

describe('a mistake', () => {
  covers('R12.1-first');

  it.each([
    ['of a message', { messages: [user('hi'), bad, ...many(90_000, bad)] }, 'messages.1.role: '],
    ['of a block', { messages: [user([text, ...many(9000, bad)])] }, 'messages.0.content.1: '],
    ['of a tool', { tools: many(10_000, 5) }, 'tools.0: '],
    ['of a stop sequence', { stop_sequences: ['x', ...many(900, 5)] }, 'stop_sequences.1: '],
  ])('%s ends the validation', (_what, fields, where) => {
    const took = cpuMsOf(() => {
      expect(refusal(() => decode(fields)).message).toContain(where);
    });
    expect(took).toBeLessThan(1000);
  });

  it.each([
    ['a role', { messages: [{ role: long, content: 'x' }] }],
    ['a type', { messages: [user([{ type: long }])] }],
    ['a field', { [long]: 1 }],
    [
      'a tool',
      {
        tool_choice: { type: 'tool', name: long },
        tools: [{ name: 'a', input_schema: { type: 'object' } }],
      },
    ],
  ])('in %s of a million characters is reported by a short message', (_what, fields) => {
    expect(refusal(() => decode(fields)).message.length).toBeLessThan(5000);
  });

  it('in thousands of calls is reported with a few ids', () => {
    const calls = Array.from({ length: 9000 }, (_, index) => ({
      ...call,
      id: `c${index}`,
      input: {},
    }));
    const messages = [user('hi'), { role: 'assistant', content: calls }];
    expect(refusal(() => decode({ messages })).message).toMatch(/: c0, c1, .*c19, …\. Each/);
  });
});

describe('unknown keys', () => {
  covers('R12.1-first');

  it('are logged up to a limit', () => {
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 1]));
    const messages = [{ ...user('hi'), ...keys }];
    const { ignored } = decode({ ...keys, messages }, { 'anthropic-beta': 'x' });
    expect(ignored.length).toBeLessThan(100);
  });
});
