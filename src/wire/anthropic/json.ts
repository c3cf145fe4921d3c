import { createRequire } from 'node:module';
import type * as JsoncParser from 'jsonc-parser';
import { messageOf, RuntimeFailure } from '../../core/errors.ts';
import { isRecord } from '../../core/json.ts';

/** Parses a request body. Throws invalid-request that names the place, in the API's words. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { reason, offset } = firstMistake(text);
    const lines = text.slice(0, offset).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    throw new RuntimeFailure(
      'invalid-request',
      `The request body is not valid JSON: ${reason}: line ${lines.length} column ${column} (char ${offset})`,
      { cause: messageOf(error) },
    );
  }
}

const END = 'unexpected end of data';

/** What JSON.parse keeps to itself: where the text stops being JSON. */
function firstMistake(text: string): { reason: string; offset: number } {
  // Loaded here, because a request that is well-formed never needs it.
  const require = createRequire(import.meta.url);
  const parser: unknown = require('jsonc-parser');
  let first: { reason: string; offset: number } | undefined;
  try {
    if (isParser(parser)) {
      parser.visit(
        text,
        {
          onError(code, offset) {
            first ??= { reason: offset >= text.length ? END : reasonOf(code), offset };
          },
        },
        { disallowComments: true, allowTrailingComma: false },
      );
    }
  } catch {
    // Brackets nested so deep that the visitor ran out of stack: they are never closed.
  }
  return first ?? { reason: END, offset: text.length };
}

function isParser(value: unknown): value is typeof JsoncParser {
  return isRecord(value) && typeof value['visit'] === 'function';
}

/** The numbers are jsonc-parser's ParseErrorCode, a const enum that plain tsc cannot read at run time. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [2, 'invalid number'],
  [9, 'unexpected content after document'],
  [12, 'unterminated string'],
  [14, 'invalid unicode escape in string'],
  [15, 'invalid escaped character in string'],
  [16, 'control character in string'],
]);

function reasonOf(code: number): string {
  return REASONS.get(code) ?? 'unexpected character';
}
