import type { SaidError } from './said-error.ts';

/** Numbers of a refusal because of the context, in tokens; undefined if not reported. */
export interface Overflow {
  readonly promptTokens: number | undefined;
  readonly contextTokens: number | undefined;
}

const OVERFLOW = [
  /context_length_exceeded|exceed_context_size/,
  /(exceeds?|longer than|larger than|too large|only|greater than|is \d+ tokens).{0,80}(context (length|size|window)|maximum model length)/i,
  /(context (length|size|window)|maximum model length).{0,60}(is (only )?\d+|of (only )?\d+|exceeded|overflow)/i,
  /maximum context length|input tokens exceed|(prompt|input) is too long/i,
];

const CONTEXT = [
  /context (?:length|size|window)(?: is| of)?(?: only)? \(?(\d+)/i,
  /maximum model length(?: is| of)? (\d+)/i,
  /configured limit of (\d+)/i,
  /(?<!\d)(\d+) maximum context/i,
];

const PROMPT = [
  /\((\d+) (?:in the messages|of text input)/i,
  /(?:has|passed) (\d+) input tokens/i,
  /resulted in (\d+) tokens/i,
  /(?:request|input) \((\d+) tokens\)/i,
  /: (\d+) tokens from the input/i,
  /prompt \(length (\d+)\)/i,
  /contains (\d+) tokens/i,
  /first (\d+) tokens/i,
];

/**
 * Reads an error that a request does not fit the model's context, in the words of llama-server, vLLM, SGLang,
 * OpenAI, Mistral, OpenRouter or LM Studio; undefined for other errors.
 */
export function readOverflow(error: SaidError): Overflow | undefined {
  const said = `${error.code} ${error.message}`;
  if (!OVERFLOW.some((pattern) => pattern.test(said))) return undefined;
  return {
    promptTokens: error.promptTokens ?? firstNumber(error.message, PROMPT),
    contextTokens: error.contextTokens ?? firstNumber(error.message, CONTEXT),
  };
}

function firstNumber(text: string, patterns: readonly RegExp[]): number | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return Number(found);
  }
  return undefined;
}
