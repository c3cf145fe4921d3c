import type { CallableTool, ChatFormat } from '../../src/formats/format.ts';
import { OutputParser } from '../../src/output/output-parser.ts';
import type { OutputPiece } from '../../src/formats/shared/reader.ts';
import { isRecord } from '../../src/core/json.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { TOOLS } from './scenarios.ts';
import type { Found } from './scenarios.ts';

export interface ReadOptions {
  readonly thinkingOpen?: boolean;
  readonly tools?: readonly CallableTool[];
  /** Trigger that was appended to the prompt. */
  readonly forced?: string;
  /** The output was not cut off; default false. */
  readonly complete?: boolean;
}

/** Parses an output that arrives in these pieces. */
export function readPieces(
  format: ChatFormat,
  pieces: readonly string[],
  options: ReadOptions = {},
): readonly Found[] {
  const parser = createParser(format, options);
  return join([
    ...pieces.flatMap((piece) => parser.push(piece)),
    ...parser.end(options.complete !== true),
  ]);
}

/** Text and call arguments that the parser emits before the end of an output. */
export function streamed(
  format: ChatFormat,
  output: string,
  options: ReadOptions = {},
): { readonly text: string; readonly json: string } {
  const pieces = createParser(format, options).push(output);
  return {
    text: pieces.map((piece) => (piece.type === 'text' ? piece.text : '')).join(''),
    json: pieces.map((piece) => (piece.type === 'call-json' ? piece.json : '')).join(''),
  };
}

/** Sections of an output after triggers, in which the grammar of calls is active. */
export function callSections(
  format: ChatFormat,
  output: string,
  options: ReadOptions = {},
): readonly { readonly trigger: string; readonly text: string }[] {
  const parser = createParser(format, options);
  const sections: { trigger: string; text: string }[] = [];
  let begun: { readonly trigger: string; readonly from: number } | undefined;
  const close = (end: number) => {
    if (begun !== undefined)
      sections.push({ trigger: begun.trigger, text: output.slice(begun.from, end) });
    begun = undefined;
  };
  for (let end = 1; end <= output.length; end++) {
    parser.push(output.charAt(end - 1));
    if (parser.calling === undefined) close(end);
    else {
      const from = output.lastIndexOf(parser.calling, end - parser.calling.length);
      begun ??= { trigger: parser.calling, from: from + parser.calling.length };
    }
  }
  close(output.length);
  return sections;
}

function createParser(format: ChatFormat, options: ReadOptions): OutputParser {
  return new OutputParser({
    format,
    thinkingOpen: options.thinkingOpen ?? false,
    continuesText: false,
    tools: options.tools ?? TOOLS,
    ...(options.forced !== undefined && { forced: options.forced }),
  });
}

interface OpenCall {
  readonly name: string;
  json: string;
}

function join(pieces: readonly OutputPiece[]): readonly Found[] {
  const found: Found[] = [];
  let call: OpenCall | undefined;
  const cut = () => {
    if (call !== undefined) found.push({ call: call.name, cut: true });
    call = undefined;
  };
  for (const piece of pieces) {
    switch (piece.type) {
      case 'text':
      case 'thinking':
        cut();
        append(found, piece.type, piece.text);
        break;
      case 'call-start':
        cut();
        call = { name: piece.name, json: '' };
        break;
      case 'call-json':
        if (call === undefined) throw new Error(`Arguments outside of a call: ${piece.json}`);
        call.json += piece.json;
        break;
      case 'call-end':
        if (call === undefined) throw new Error('The end of a call that never began.');
        found.push({ call: call.name, input: parseObject(call.json) });
        call = undefined;
        break;
      default:
        throw new Error(`An unknown piece: ${JSON.stringify(piece satisfies never)}`);
    }
  }
  cut();
  return found;
}

function append(found: Found[], kind: 'text' | 'thinking', text: string): void {
  const last = found.at(-1);
  if (kind === 'text') {
    if (last !== undefined && 'text' in last) found[found.length - 1] = { text: last.text + text };
    else found.push({ text });
  } else if (last !== undefined && 'thinking' in last) {
    found[found.length - 1] = { thinking: last.thinking + text };
  } else found.push({ thinking: text });
}

function parseObject(json: string): JsonObject {
  const value: JsonValue = JSON.parse(json);
  if (!isRecord(value)) throw new Error(`The arguments are no object: ${json}`);
  return value;
}
