import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LlamaModel } from 'node-llama-cpp';
import { startLlama } from '../../../../../src/backends/local/model/native-llama.ts';
import { claudeCodeSession } from '../../../../support/claude-code-session.ts';
import type { SessionMessage, SessionRequest } from '../../../../support/claude-code-session.ts';
import type { SessionTool } from '../../../../support/claude-code-texts.ts';
import { messageOf, post } from '../../../../support/messages-api.ts';
import { MINI } from '../../../../support/requests.ts';
import { startServer } from '../../../../support/server.ts';
import type { RunningServer } from '../../../../support/server.ts';
import { covers } from '../../../../support/covers.ts';

/** Beyond the tokens of the new blocks: what the template writes around them. */
const AROUND = 16;
/** A system message between the turns has a header and an end of its own. */
const SYSTEM_AROUND = 7;

describe('a session of Claude Code’s shape', () => {
  covers('R5.3-session');

  let server: RunningServer;
  let model: LlamaModel;
  beforeAll(async () => {
    server = await startServer();
    const native = await startLlama();
    model = await native.loadModel({ modelPath: MINI.file ?? '', vocabOnly: true });
  });
  afterAll(() => server.stop());

  const tokensIn = (text: string): number => model.tokenize(text).length;

  /** The tokens that a request may cost at most; a tool that is loaded counts with its definition. */
  function allowedFor({ body, added }: SessionRequest): number {
    const tools = new Map(body.tools.map((tool) => [tool.name, tool]));
    const texts = added.flatMap((message) => textsIn(message, tools));
    const systems = added.filter(({ role }) => role === 'system').length;
    return texts.reduce((sum, text) => sum + tokensIn(text), AROUND + systems * SYSTEM_AROUND);
  }

  it('evaluates of each turn no more than its new blocks', async () => {
    const session = claudeCodeSession({ turns: 30, scale: 0.02, maxTokens: 32, stream: false });
    const turns: { readonly evaluated: number; readonly allowed: number }[] = [];
    let request = session.next();
    let torn = 0;
    while (request !== undefined) {
      const body = { ...request.body, temperature: 0 };
      const response = await post(`${server.url}/v1/messages`, body, session.headers);
      const { content, usage, stop_reason } = await messageOf(response);
      const evaluated = usage.input_tokens + usage.cache_creation_input_tokens;
      turns.push({ evaluated, allowed: allowedFor(request) + torn });
      // A call that the limit cuts off is not sent to the client, so it is evaluated again.
      const cut = stop_reason === 'max_tokens' && content.at(-1)?.type === 'tool_use';
      torn = cut ? usage.output_tokens : 0;
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
  { content }: SessionMessage,
  tools: ReadonlyMap<string, SessionTool>,
): readonly string[] {
  if (typeof content === 'string') return [content];
  return content.flatMap((block): readonly string[] => {
    if (block.type === 'text') return [block.text];
    if (block.type !== 'tool_result') return [];
    if (typeof block.content === 'string') return [block.content];
    return block.content.map((part) =>
      part.type === 'text' ? part.text : definitionOf(tools.get(part.tool_name)),
    );
  });
}

/** Text of a tool's definition in the prompt. */
function definitionOf(tool: SessionTool | undefined): string {
  if (tool === undefined) return '';
  const { name, description, input_schema: parameters } = tool;
  const definition = { type: 'function', function: { name, description, parameters } };
  return `This tool is loaded:\n${JSON.stringify(definition)}`;
}
