import type { ModelSpec } from '../../core/model.ts';
import type { ChatTool } from './chat-message.ts';
import type { ServerClient } from './client.ts';
import { upstreamName } from './facts.ts';
import type { ModelFacts } from './facts.ts';
import { readPrompt, readTokenCount } from './listing.ts';
import { orAborted } from './probe.ts';

/**
 * True if the chat template of a server renders tools; undefined if the server can't be asked.
 * Tools vanish without a word where it does not.
 */
export type ToolSupportFinder = (
  model: ModelSpec,
  client: ServerClient,
  facts: ModelFacts,
  signal: AbortSignal,
) => Promise<boolean | undefined>;

const PROBE: ChatTool = {
  type: 'function',
  function: {
    name: 'portico_probe',
    description: 'Shows that tools are part of the prompt.',
    parameters: { type: 'object', properties: { probe: { type: 'string' } } },
  },
};

/** A finder that asks once for each model, by a prompt with a tool and one without. */
export function createToolSupportFinder(): ToolSupportFinder {
  const known = new Map<string, Promise<boolean | undefined>>();
  return async (model, client, facts, signal) => {
    if (facts.traits.tokenizer === 'none') return undefined;
    const key = `${client.key} ${upstreamName(model)}`;
    let support = known.get(key);
    if (support === undefined) {
      // Requests share the question, so it does not end with the signal of one.
      support = askForSupport(model, client, facts).catch(() => {
        known.delete(key);
        return undefined;
      });
      known.set(key, support);
    }
    return orAborted(support, signal);
  };
}

async function askForSupport(
  model: ModelSpec,
  client: ServerClient,
  { traits }: ModelFacts,
): Promise<boolean | undefined> {
  const { signal } = new AbortController();
  const body = { model: upstreamName(model), messages: [{ role: 'user', content: 'Hi' }] };
  const path = traits.tokenizer === 'template' ? 'apply-template' : 'tokenize';
  const [plain, equipped] = await Promise.all(
    [body, { ...body, tools: [PROBE] }].map((one) => client.ask(path, one, signal)),
  );
  if (traits.tokenizer === 'template') {
    const prompt = readPrompt(plain);
    // Without --jinja, llama-server refuses a prompt with tools.
    return prompt === undefined ? undefined : (readPrompt(equipped) ?? prompt) !== prompt;
  }
  const [without, withTool] = [readTokenCount(plain), readTokenCount(equipped)];
  return without === undefined || withTool === undefined ? undefined : without !== withTool;
}
