import { describe, expect, it } from 'vitest';
import { placeDeferredTools, withLoadedTools } from '../../src/prompt/deferred.ts';
import type { Conversation, ToolSpec, Turn } from '../../src/core/conversation.ts';
import { chatTemplate } from '../support/chat-templates.ts';
import { asking, written } from './render/rendered.ts';
import { covers } from '../support/covers.ts';

const AUTO = { mode: 'auto', parallel: true } as const;

function tool(name: string, deferred: boolean, type?: string): ToolSpec {
  const origin =
    type === undefined
      ? { kind: 'custom' as const }
      : { kind: 'server' as const, type, settings: {} };
  return {
    name,
    description: `It does ${name}.`,
    inputSchema: { type: 'object' },
    origin,
    deferred,
  };
}

const BASE = [tool('Bash', false), tool('Mail', true), tool('Map', true)];

const user = (text: string): Turn => ({ role: 'user', parts: [{ kind: 'text', text }] });
const searching: Turn = {
  role: 'assistant',
  parts: [{ kind: 'tool-call', id: 'toolu_1', name: 'Bash', input: {} }],
};
const loading: Turn = {
  role: 'user',
  parts: [
    {
      kind: 'tool-result',
      callId: 'toolu_1',
      output: [{ kind: 'tool-reference', name: 'Mail' }],
      isError: false,
    },
  ],
};

const talk = (turns: readonly Turn[], tools = BASE): Conversation => ({ system: [], turns, tools });
const names = ({ tools }: Conversation): readonly string[] => tools.map(({ name }) => name);

describe('a deferred tool', () => {
  covers('R5.3-deferred');

  it('is not offered before the conversation refers to it', () => {
    expect(names(withLoadedTools(talk([user('Hi')]), AUTO))).toEqual(['Bash']);
    const loaded = withLoadedTools(talk([user('Hi'), searching, loading]), AUTO);
    expect(names(loaded)).toEqual(['Bash', 'Mail']);
  });

  it('is offered if the client adds it by a tool change', () => {
    const added: Turn = {
      role: 'user',
      parts: [{ kind: 'tool-change', change: 'added', name: 'Map' }],
    };
    expect(names(withLoadedTools(talk([added]), AUTO))).toEqual(['Bash', 'Map']);
  });

  it('is offered if the tool choice names it', () => {
    const demanded = { mode: 'tool', name: 'Map', parallel: true } as const;
    expect(names(withLoadedTools(talk([user('Hi')]), demanded))).toEqual(['Bash', 'Map']);
  });

  it('causes an error if all tools are deferred and none is loaded', () => {
    const deferred = BASE.filter((one) => one.deferred);
    expect(() => withLoadedTools(talk([user('Hi')], deferred), AUTO)).toThrow(
      'At least one tool must have defer_loading=false.',
    );
    expect(names(withLoadedTools(talk([loading], deferred), AUTO))).toEqual(['Mail']);
  });

  it('is described at the reference that loads it, with the prompt before that unchanged', () => {
    const template = chatTemplate('chatml');
    const prompt = (turns: readonly Turn[]): string =>
      written(template, asking(placeDeferredTools(withLoadedTools(talk(turns), AUTO))));
    const before = prompt([user('Hi')]);
    const after = prompt([user('Hi'), searching, loading]);
    const generation = '<|im_start|>assistant\n';
    const common = before.slice(0, before.lastIndexOf(generation));
    expect(after.startsWith(common)).toBe(true);
    expect(common).not.toContain('Mail');
    expect(after.split('It does Mail.')).toHaveLength(2);
  });

  it('is described only once for several references', () => {
    const again = placeDeferredTools(talk([user('Hi'), searching, loading, searching, loading]));
    expect(JSON.stringify(again).split('It does Mail.')).toHaveLength(2);
  });
});
