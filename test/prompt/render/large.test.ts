import { describe, expect, it } from 'vitest';
import { renderPrompt } from '../../../src/prompt/render.ts';
import type { ChatTemplate } from '../../../src/prompt/render.ts';
import type { Conversation, Part, Turn } from '../../../src/core/conversation.ts';
import { chatTemplate } from '../../support/chat-templates.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../../support/real-templates.ts';
import { LOOK_UP } from './conversations.ts';
import { asking } from './rendered.ts';
import { covers } from '../../support/covers.ts';

const CODE = 'for (const x of a) if (x < 3 && y > [1, 2][0]) say(`<div class="x">${x}</div>`);\n';
const text = (lines: number): Part & { readonly kind: 'text' } => ({
  kind: 'text',
  text: CODE.repeat(lines),
});

/** Conversation of a coding agent: 24 tools with 60 KB of schemas, 100 messages with 200 KB of text. */
function agentConversation(): Conversation {
  const place = { type: 'string', description: CODE };
  const properties = Object.fromEntries(
    Array.from({ length: 12 }, (_, key) => [`key${key}`, place]),
  );
  const tools = Array.from({ length: 24 }, (_, index) => ({
    ...LOOK_UP,
    name: `tool_${index}`,
    description: CODE.repeat(14),
    inputSchema: { type: 'object', properties },
  }));
  const turns: Turn[] = [{ role: 'user', parts: [text(100)] }];
  for (let index = 0; index < 50; index++) {
    const id = `toolu_${index}`;
    const input = { key0: CODE, key1: '/a/b' };
    const call: Part = { kind: 'tool-call', id, name: `tool_${index % 24}`, input };
    const result: Part = { kind: 'tool-result', callId: id, output: [text(45)], isError: false };
    turns.push({ role: 'assistant', parts: [text(1), call] }, { role: 'user', parts: [result] });
  }
  return { system: [text(150)], turns, tools };
}

const conversation = agentConversation();
const LONGEST = 250;

/** CPU time in ms of the fastest of three runs, since other processes share this machine's caches. */
function timeOf(template: ChatTemplate): number {
  const times = [1, 2, 3].map(() =>
    cpuMsOf(() => {
      renderPrompt(template, asking(conversation));
    }),
  );
  return Math.min(...times);
}

describe('a conversation as large as an agent’s', () => {
  covers('R3.2-renders', 'R3.7-harmless');

  it('has over 60 KB of tools and 200 KB of turns', () => {
    expect(JSON.stringify(conversation.tools).length).toBeGreaterThan(60_000);
    expect(JSON.stringify(conversation.turns).length).toBeGreaterThan(200_000);
  });

  it('is protected and restored within 250 ms of CPU time', () => {
    const template = chatTemplate('chatml');
    const rendered = template.render({ messages: [], enable_thinking: true });
    const large = CODE.repeat(3000) + rendered;
    expect(timeOf({ ...template, render: () => large })).toBeLessThan(LONGEST);
  });

  // Quadratic templates are not listed: llama.cpp's Jinja is slow at them.
  it
    .skipIf(areTemplatesMissing())
    .each([
      'Qwen-Qwen3-0.6B',
      'Qwen3-Coder',
      'GLM-4.6',
      'meta-llama-Llama-3.1-8B-Instruct',
      'Kimi-K2-Instruct',
      'Mistral-Small-3.2-24B-Instruct-2506',
    ])('is rendered by %s within 250 ms of CPU time', (name) => {
    expect(timeOf(realTemplate(REAL_TEMPLATES.get(name) ?? ''))).toBeLessThan(LONGEST);
  });
});
