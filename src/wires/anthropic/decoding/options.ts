import type { ThinkingMode } from '../../../core/backend.ts';
import type { ToolChoice } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Sampling } from '../../../core/model.ts';
import type { RequestBody, ThinkingConfig } from '../schema/request.ts';
import { openObject, schemaFault } from './json-schema.ts';

/**
 * Thinking mode of the model. `maxTokens` is undefined where nothing is generated; `isBehindTools` says that
 * results of tools are what it answers. Throws invalid-request
 * where the budget leaves no room for an answer or the choice of tools leaves none for thinking.
 */
export function decodeThinkingMode(
  thinking: ThinkingConfig | null | undefined,
  maxTokens: number | undefined,
  choice: ToolChoice,
  isBehindTools: boolean,
): ThinkingMode {
  if (thinking === null || thinking === undefined || thinking.type === 'disabled') {
    return { mode: 'disabled' };
  }
  if (thinking.type === 'between_tools') {
    return { mode: isBehindTools ? 'adaptive' : 'disabled' };
  }
  if (thinking.type !== 'enabled') return { mode: 'adaptive' };
  if (maxTokens !== undefined && maxTokens <= thinking.budget_tokens) {
    throw new RuntimeFailure(
      'invalid-request',
      '`max_tokens` must be greater than `thinking.budget_tokens`.',
    );
  }
  if (choice.mode === 'any' || choice.mode === 'tool') {
    throw new RuntimeFailure(
      'invalid-request',
      'Thinking may not be enabled when tool_choice forces tool use.',
    );
  }
  return { mode: 'enabled', budgetTokens: thinking.budget_tokens };
}

/** How the next token is picked; absent values are left to the model. */
export function decodeSampling(body: RequestBody): Sampling {
  const { temperature = null, top_p: topP = null, top_k: topK = null } = body;
  return {
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { topP }),
    ...(topK === null ? {} : { topK }),
  };
}

/** Most characters of all stop sequences: text is compared with them while it arrives. */
const MOST_STOP_CHARACTERS = 16_384;

/** Stop sequences as given. Throws on one that would stop at any space, and if they are too long. */
export function decodeStopSequences(body: RequestBody): readonly string[] {
  const sequences = body.stop_sequences ?? [];
  const characters = sequences.reduce((sum, { length }) => sum + length, 0);
  if (characters > MOST_STOP_CHARACTERS) {
    throw new RuntimeFailure(
      'invalid-request',
      `stop_sequences: all together should have at most ${MOST_STOP_CHARACTERS} characters`,
    );
  }
  if (sequences.some((sequence) => sequence.trim() === '')) {
    throw new RuntimeFailure(
      'invalid-request',
      'stop_sequences: each stop sequence must contain non-whitespace',
    );
  }
  return sequences;
}

/** The schema of the answer, from output_config.format or from its older place. Throws invalid-request. */
export function decodeOutputSchema(body: RequestBody): JsonObject | undefined {
  const current = body.output_config?.format?.schema;
  const schema = current ?? body.output_format?.schema;
  if (schema === undefined) return undefined;
  const at = current === undefined ? 'output_format.schema' : 'output_config.format.schema';
  const fault = schemaFault(schema);
  if (fault !== undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `${at}: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). The fault is at ${fault}.`,
    );
  }
  const open = openObject(schema);
  if (open !== undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `${at}: For 'object' type, 'additionalProperties' must be explicitly set to false. The fault is at ${open}.`,
    );
  }
  return schema;
}
