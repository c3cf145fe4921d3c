import type { OpenAiSpec } from './spec.ts';
import { readText } from '../../net/read-text.ts';
import { upstreamName } from '../../core/model.ts';
import { cancelled, raceAbort } from '../../core/abort.ts';
import { parseJson } from '../../core/json.ts';
import type { ChatTool } from './chat-message.ts';
import { isRefusal } from './client.ts';
import type { ServerClient } from './client.ts';
import type { ModelFacts } from './facts.ts';
import { readPrompt, readTokenCount } from './listing.ts';
import { readWhole } from './protocol.ts';

/**
 * Returns true if the chat template of a server renders tools; undefined if the server can't be asked. A
 * template without tools drops them silently.
 */
export type ToolSupportFinder = (
  model: OpenAiSpec,
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

/** Timeout of a completion of one token, which takes a while on a busy server. */
const CONFIRM_TIMEOUT_MS = 60_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Creates a finder that asks once per model, by a prompt with a tool and one without. */
export function createToolSupportFinder(): ToolSupportFinder {
  const known = new Map<string, Promise<boolean | undefined>>();
  return async (model, client, facts, signal) => {
    if (facts.traits.tokenizer === 'none') return undefined;
    const key = `${client.key} ${upstreamName(model)}`;
    let support = known.get(key);
    if (support === undefined) {
      // Requests share one probe, so the signal of a single one does not end it.
      support = askForSupport(model, client, facts).catch(() => {
        known.delete(key);
        return undefined;
      });
      known.set(key, support);
    }
    return raceAbort(support, signal, cancelled);
  };
}

async function askForSupport(
  model: OpenAiSpec,
  client: ServerClient,
  { traits }: ModelFacts,
): Promise<boolean | undefined> {
  const { signal } = new AbortController();
  const body = { model: upstreamName(model), messages: [{ role: 'user', content: 'Hi' }] };
  const path = traits.tokenizer === 'template' ? 'apply-template' : 'tokenize';
  const bodies = [body, { ...body, tools: [PROBE] }] as const;
  const [plain, equipped] = await Promise.all(bodies.map((one) => client.ask(path, one, signal)));
  if (traits.tokenizer === 'template') {
    const prompt = readPrompt(plain);
    // Without --jinja, llama-server refuses a prompt with tools.
    return prompt === undefined ? undefined : (readPrompt(equipped) ?? prompt) !== prompt;
  }
  const [without, withTool] = [readTokenCount(plain), readTokenCount(equipped)];
  if (without === undefined || withTool === undefined) return undefined;
  return without === withTool ? countsTools(client, bodies[1], without) : true;
}

/**
 * Returns true if a completion counts more tokens than the prompt without tools. The tokenizer of an old vLLM
 * ignores tools that the chat template renders.
 */
async function countsTools(client: ServerClient, body: object, without: number): Promise<boolean> {
  const signal = AbortSignal.timeout(CONFIRM_TIMEOUT_MS);
  const answer = await client.complete({ ...body, max_tokens: 1, stream: false }, signal);
  if (isRefusal(answer)) return false;
  const whole = readWhole(parseJson(await readText(answer.body, MAX_ANSWER_BYTES)));
  return (whole?.usage?.promptTokens ?? without) > without;
}
