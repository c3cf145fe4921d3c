import { isRecord } from '../../src/core/json.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { FamilyFixture, LeftOut, ScenarioOutput } from './family-fixture.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Found, ScenarioName } from './scenarios.ts';

export interface WrittenCall {
  readonly name: string;
  readonly input: JsonObject;
}

/** Writer of a family's answers. */
export interface Writer {
  /** Writes consecutive calls. */
  readonly calls: (calls: readonly WrittenCall[]) => string;
  /** Writes text, as the complete answer or before a call. */
  readonly text?: (text: string, before: 'a call' | 'nothing') => string;
  readonly thinking: ((text: string) => string) | LeftOut;
  /** Text that only looks like a call. */
  readonly lookalike: string | readonly string[];
}

/** Writes every scenario in the syntax of a family. */
export function writeOutputs(writer: Writer): FamilyFixture['outputs'] {
  const cutCall = writer.calls([{ name: 'get_weather', input: { city: 'Paris' } }]);
  const { thinking } = writer;
  const say = writer.text ?? ((text) => text);
  const write = (scenario: ScenarioName): ScenarioOutput => {
    const found: readonly Found[] | 'as-written' = SCENARIOS[scenario];
    if (found === 'as-written') return writer.lookalike;
    const calls = found.flatMap((one) =>
      'input' in one ? [{ name: one.call, input: one.input }] : [],
    );
    const before = found.map((one) => {
      if ('text' in one) return say(one.text, calls.length > 0 ? 'a call' : 'nothing');
      return 'thinking' in one && typeof thinking === 'function' ? thinking(one.thinking) : '';
    });
    return before.join('') + (calls.length > 0 ? writer.calls(calls) : '');
  };
  return {
    'plain text': write('plain text'),
    'text + call': write('text + call'),
    'two calls': write('two calls'),
    'no arguments': write('no arguments'),
    'nested arguments': write('nested arguments'),
    'optional left out': write('optional left out'),
    unicode: write('unicode'),
    'quotes and newlines': write('quotes and newlines'),
    'thinking + call': typeof thinking === 'function' ? write('thinking + call') : thinking,
    'looks like a call': write('looks like a call'),
    'cut-off call': cutCall.slice(0, cutCall.indexOf('Paris') + 3),
  };
}

/** Writes JSON like Python's `json.dumps` and most templates, with a space after commas and colons. */
export function spacedJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const entries = Object.entries(value);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${spacedJson(item)}`).join(', ')}}`;
}

/** Faults that a grammar must refuse, for arguments as JSON on one line. */
export const JSON_FAULTS = {
  'wrong type': ['"days": 3', '"days": "three"'],
  'missing required': ['"city": "Paris", ', ''],
  'unknown tool': ['get_weather', 'get_wether'],
} as const satisfies FamilyFixture['faults'];

/** Writes a call as an object with its name and arguments. */
export function jsonCall({ name, input }: WrittenCall, inputKey = 'arguments'): string {
  return spacedJson({ name, [inputKey]: input });
}

/** Writes each argument with its value as plain text, or as JSON if it is no text. */
export function markedArguments(
  { input }: WrittenCall,
  write: (key: string, value: string, type: string) => string,
): string {
  return Object.entries(input)
    .map(([key, value]) =>
      typeof value === 'string'
        ? write(key, value, 'string')
        : write(key, spacedJson(value), Array.isArray(value) ? 'array' : typeof value),
    )
    .join('');
}

/** Writes a call as Python. */
export function pythonCall({ name, input }: WrittenCall): string {
  const listed = Object.entries(input).map(([key, value]) => `${key}=${spacedJson(value)}`);
  return `${name}(${listed.join(', ')})`;
}

/** The ways of writing a scenario that are plain text. */
export function texts(...ways: readonly ScenarioOutput[]): readonly string[] {
  return ways.filter((way) => typeof way === 'string');
}
