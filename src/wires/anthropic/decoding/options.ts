import type { ThinkingMode } from '../../../core/backend.ts';
import type { Part, ToolChoice, Turn } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Sampling } from '../../../core/model.ts';
import { hasPart } from '../../../core/parts.ts';
import type { RequestBody, ThinkingConfig } from '../schema/request.ts';
import { openObject, schemaFault } from './json-schema.ts';

/**
 * Decodes the thinking mode.
 *
 * @param maxTokens undefined if nothing is generated
 * @param endsWithResults the last message contains tool results
 * @throws {invalid-request} if the budget leaves no tokens for an answer, or if a forced call excludes thinking
 */
export function decodeThinkingMode(
  thinking: ThinkingConfig | null | undefined,
  maxTokens: number | undefined,
  choice: ToolChoice,
  endsWithResults: boolean,
): ThinkingMode {
  if (thinking === null || thinking === undefined || thinking.type === 'disabled') {
    return { mode: 'disabled' };
  }
  if (thinking.type === 'between_tools') {
    return { mode: endsWithResults ? 'adaptive' : 'disabled' };
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

/** Decodes the sampling options. The model's defaults apply to absent ones. */
export function decodeSampling(body: RequestBody): Sampling {
  const { temperature = null, top_p: topP = null, top_k: topK = null } = body;
  return {
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { topP }),
    ...(topK === null ? {} : { topK }),
  };
}

/** Limit of characters in all stop sequences, since streamed text is compared with them. */
const MOST_STOP_CHARACTERS = 16_384;

/**
 * Decodes the stop sequences.
 *
 * @throws {invalid-request} for one that consists of white space, and if they are too long in total
 */
export function decodeStopSequences(body: RequestBody): readonly string[] {
  const sequences = body.stop_sequences ?? [];
  const characters = sequences.reduce((sum, { length }) => sum + length, 0);
  if (characters > MOST_STOP_CHARACTERS) {
    throw new RuntimeFailure(
      'invalid-request',
      `stop_sequences: should have at most ${MOST_STOP_CHARACTERS} characters in total`,
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

/**
 * Decodes the schema of the answer from output_config.format, or from the older output_format.
 *
 * @throws {invalid-request} if the schema is invalid or allows additional properties
 */
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

/**
 * Checks the citations of a request: all of its documents and search results are cited, or none.
 *
 * @param constrained the answer has to match a JSON Schema, which leaves no place for citations
 * @throws {invalid-request}
 */
export function checkCitations(turns: readonly Turn[], constrained: boolean): void {
  const has = (cited: boolean): boolean => {
    const test = (part: Part) => 'citations' in part && part.citations === cited;
    return hasPart({ system: [], turns, tools: [] }, test);
  };
  if (!has(true)) return;
  if (has(false)) {
    throw new RuntimeFailure(
      'invalid-request',
      'messages: citations must be enabled on all or none of the documents and search results of a request',
    );
  }
  if (constrained) {
    throw new RuntimeFailure(
      'invalid-request',
      "output_config.format: can't be used with citations; leave one of them out",
    );
  }
}
