import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LlamaModel } from 'node-llama-cpp';
import { startLlama } from '../../../src/backends/llama/native.ts';
import { claudeCodeSession } from '../../support/claude-code-session.ts';
import type { SessionMessage, SessionRequest } from '../../support/claude-code-session.ts';
import { messageOf, post } from '../../support/messages-api.ts';
import { MINI } from '../../support/requests.ts';
import { startServer } from '../../support/server.ts';
import type { RunningServer } from '../../support/server.ts';

/** Beyond the tokens of the new blocks: what the template writes around them. */
const AROUND = 16;

describe('[R5.3-session] a session of Claude Code’s shape', () => {
  let server: RunningServer;
  let model: LlamaModel;
  beforeAll(async () => {
    server = await startServer();
    const { loadModel } = await startLlama();
    model = await loadModel({ modelPath: MINI.file ?? '', vocabOnly: true });
  });
  afterAll(() => server.stop());

  /** Tokens of the texts in blocks; a tool that is loaded counts with its definition. */
  const tokensIn = ({ body, added }: SessionRequest): number =>
    textsIn(added, body.tools).reduce((sum, text) => sum + model.tokenize(text).length, 0);

  it('evaluates of each turn no more than its new blocks', async () => {
    const session = claudeCodeSession({ turns: 30, scale: 0.04, maxTokens: 48, stream: false });
    const turns: { readonly evaluated: number; readonly allowed: number }[] = [];
    let request = session.next();
    while (request !== undefined) {
      const body = { ...request.body, temperature: 0 };
      const response = await post(`${server.url}/v1/messages`, body, session.headers);
      const { content, usage } = await messageOf(response);
      const evaluated = usage.input_tokens + usage.cache_creation_input_tokens;
      turns.push({ evaluated, allowed: tokensIn(request) + AROUND });
      request = session.next(content);
    }
    expect(turns).toHaveLength(30);
    // Before the first answer all is new: system prompt and tools too.
    for (const { evaluated, allowed } of turns.slice(1)) {
      expect(evaluated).toBeLessThanOrEqual(allowed);
    }
  }, 300_000);
});

function textsIn(
  messages: readonly SessionMessage[],
  tools: SessionRequest['body']['tools'],
): readonly string[] {
  const texts = messages.flatMap(({ content }) =>
    typeof content === 'string' ? [content] : content.flatMap((block) => textOf(block)),
  );
  return texts.map((text) => JSON.stringify(tools.find(({ name }) => name === text)) ?? text);

  function textOf(block: Exclude<SessionMessage['content'], string>[number]): readonly string[] {
    if (block.type === 'text') return [block.text];
    if (block.type !== 'tool_result') return [];
    if (typeof block.content === 'string') return [block.content];
    return block.content.map((part) => (part.type === 'text' ? part.text : part.tool_name));
  }
}
