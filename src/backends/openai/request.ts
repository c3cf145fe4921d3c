import { upstreamName } from '../../core/model.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { ToolSpec } from '../../core/conversation.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Sampling } from '../../core/model.ts';
import type { Steps } from '../../core/steps.ts';
import { EFFORT_LEVELS } from '../effort-levels.ts';
import type { Adjustments } from './adjustments.ts';
import type { ChatMessage, ChatTool } from './chat-message.ts';
import { cleanSchema } from './clean-schema.ts';
import type { ModelFacts } from './facts.ts';
import { toMessages } from './messages.ts';
import { withShortNames } from './tool-names.ts';

/** Part of a body that decides the prompt. Count and answer use the same one. */
export interface PromptBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[];
}

/** Makes the body of /chat/completions from a request and its prompt. It requests at least one token. */
export function toChatBody(
  request: GenerationRequest,
  prompt: PromptBody,
  facts: ModelFacts,
  adjustments: Adjustments,
): Readonly<Record<string, unknown>> {
  const most = Math.max(1, Math.min(request.maxTokens, adjustments.maxTokens));
  const renamed = adjustments.completionTokens || facts.kind === 'openai';
  const body = {
    ...prompt,
    ...(isWhole(request) ? { stream: false } : toStream(facts)),
    [renamed ? 'max_completion_tokens' : 'max_tokens']: most,
    ...toSampling({ ...request.model.sampling, ...request.sampling }, facts),
  };
  if (adjustments.dropped.length === 0) return body;
  const sent = Object.entries(body).filter(([field]) => !adjustments.dropped.includes(field));
  return Object.fromEntries(sent);
}

/** Longest non-streamed answer in tokens. A proxy in between may close the connection after a longer silence. */
const MOST_WHOLE_TOKENS = 4096;

/** Returns true if the answer can be non-streamed. With stop sequences it can't, because Portico ends it early. */
function isWhole({ whole, maxTokens, stopSequences }: GenerationRequest): boolean {
  return whole === true && maxTokens <= MOST_WHOLE_TOKENS && stopSequences.length === 0;
}

function toStream({ traits }: ModelFacts) {
  return {
    stream: true,
    stream_options: {
      include_usage: true,
      // Counts in every event, for an answer that Portico ends: https://docs.vllm.ai/en/latest/api/
      ...(traits.counts === 'usage' && { continuous_usage_stats: true }),
    },
    ...(traits.counts === 'timings' && { timings_per_token: true, return_progress: true }),
  };
}

/** Makes the fields of a body that decide the prompt, or enforce the answer's form. */
export function* toPromptBody(
  request: GenerationRequest,
  facts: ModelFacts,
  adjustments: Adjustments,
): Steps<PromptBody> {
  const named =
    facts.traits.longNames && !adjustments.shortNames ? request : withShortNames(request);
  const { conversation, outputSchema } = named;
  const style = { ...adjustments, thinking: facts.traits.template };
  return {
    model: upstreamName(request.model),
    messages: yield* toMessages(conversation, style),
    ...toTools(named, facts, adjustments),
    ...(outputSchema &&
      !adjustments.freeText && { response_format: toFormat(outputSchema, adjustments) }),
    ...toThinking(request, facts, adjustments.dropped.includes('reasoning_effort')),
    ...(continues(request) &&
      facts.traits.prefill === 'flagged' && {
        add_generation_prompt: false,
        continue_final_message: true,
      }),
  };
}

/** Returns true if the answer continues the request's last turn. */
export function continues({ conversation }: GenerationRequest): boolean {
  const last = conversation.turns.at(-1);
  return last?.role === 'assistant' && !last.parts.some(({ kind }) => kind === 'tool-call');
}

/** Names of sampling fields that are not sent to a server that accepts only OpenAI's own. */
export function unsentSampling(request: GenerationRequest, facts: ModelFacts): readonly string[] {
  if (facts.traits.sampling) return [];
  const { topK, minP } = { ...request.model.sampling, ...request.sampling };
  return [...(topK === undefined ? [] : ['top_k']), ...(minP === undefined ? [] : ['min_p'])];
}

function toSampling(sampling: Sampling, { traits }: ModelFacts) {
  const { temperature, topP, topK, minP, seed } = sampling;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(traits.sampling && topK !== undefined && { top_k: topK }),
    ...(traits.sampling && minP !== undefined && { min_p: minP }),
    ...(seed !== undefined && { seed }),
  };
}

function toTools(request: GenerationRequest, facts: ModelFacts, adjustments: Adjustments) {
  const { toolChoice, conversation } = request;
  if (conversation.tools.length === 0 || toolChoice.mode === 'none') return {};
  const rest = { parallel_tool_calls: toolChoice.parallel };
  const { strict, template } = facts.traits;
  // Without it, vLLM enforces only the name of a forced call.
  const demanded = template && toolChoice.mode !== 'auto';
  const tools = conversation.tools.map((tool) =>
    toTool(tool, adjustments, strict && (demanded || tool.strict === true)),
  );
  switch (toolChoice.mode) {
    case 'auto':
      return { ...rest, tools, ...(!adjustments.defaultChoice && { tool_choice: 'auto' }) };
    case 'any':
      return { ...rest, tools, tool_choice: 'required' };
    case 'tool': {
      const { name } = toolChoice;
      if (facts.traits.choice !== 'narrowed') {
        return { ...rest, tools, tool_choice: { type: 'function', function: { name } } };
      }
      const named = tools.filter((tool) => tool.function.name === name);
      return { ...rest, tools: named, tool_choice: 'required' };
    }
    default:
      return toolChoice satisfies never;
  }
}

function toTool(
  { name, description, inputSchema }: ToolSpec,
  { cleanSchemas, looseTools }: Adjustments,
  strict: boolean,
): ChatTool {
  const parameters = cleanSchemas ? cleanSchema(inputSchema) : inputSchema;
  const rest = strict && !looseTools ? { parameters, strict } : { parameters };
  return { type: 'function', function: { name, description, ...rest } };
}

function toFormat(outputSchema: JsonObject, { cleanSchemas }: Adjustments) {
  const schema = cleanSchemas ? cleanSchema(outputSchema) : outputSchema;
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } };
}

function toThinking(
  { thinking, effort }: GenerationRequest,
  { kind, thinking: control }: ModelFacts,
  withoutEffort: boolean,
) {
  const wanted = thinking.mode !== 'disabled';
  switch (control) {
    case 'none':
    case 'always':
      return {};
    case 'switch':
      return {
        chat_template_kwargs: {
          // Name in most templates, and the one of DeepSeek and Granite.
          enable_thinking: wanted,
          thinking: wanted,
          ...(wanted && effort && !withoutEffort && { reasoning_effort: EFFORT_LEVELS[effort] }),
        },
      };
    case 'effort': {
      if (withoutEffort) return {};
      // Thinking of such a model can't be turned off, only lowered.
      const reasoning_effort = wanted ? EFFORT_LEVELS[effort ?? 'medium'] : 'low';
      return kind === 'llama-server'
        ? { chat_template_kwargs: { reasoning_effort } }
        : { reasoning_effort };
    }
    default:
      return control satisfies never;
  }
}
