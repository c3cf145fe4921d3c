import { RuntimeFailure } from '../core/failure.ts';
import { parseKeepAlive } from '../units/keep-alive.ts';
import type { KeepAlive } from '../units/keep-alive.ts';
import { GPU_LAYERS } from './engine-options.ts';
import type { GpuLayers } from './engine-options.ts';
import { parseSize } from '../units/size.ts';

/** Text of a setting with its source: the name of the flag or of the variable. */
export interface Given {
  readonly name: string;
  readonly text: string;
}

/** Returns the flag if it is present, else the variable if it is set and not empty. */
export function given(
  flag: { readonly name: string; readonly text: string | undefined } | undefined,
  variable: string,
  environment: NodeJS.ProcessEnv,
): Given | undefined {
  if (flag?.text !== undefined) {
    return { name: flag.name, text: flag.text };
  }
  const text = environment[variable];
  return text === undefined || text === '' ? undefined : { name: variable, text };
}

/** Reads a text that must not be blank. Throws `invalid-request`. */
export function readTextSetting(value: Given | undefined): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  const text = value.text.trim();
  if (text === '') {
    throw refused(value, 'some text');
  }
  return text;
}

/** Reads an integer within an inclusive range. Throws `invalid-request`. */
export function readInteger(
  value: Given | undefined,
  range: { readonly minimum: number; readonly maximum?: number },
): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const maximum = range.maximum ?? Number.MAX_SAFE_INTEGER;
  const text = value.text.trim();
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= range.minimum && number <= maximum)) {
    throw refused(
      value,
      range.maximum === undefined
        ? `a whole number, at least ${range.minimum}`
        : `a whole number from ${range.minimum} to ${range.maximum}`,
    );
  }
  return number;
}

/** Reads a keep-alive time. Throws `invalid-request`. */
export function readKeepAlive(value: Given | undefined): KeepAlive | undefined {
  if (value === undefined) {
    return undefined;
  }
  const parsed = parseKeepAlive(value.text);
  if (parsed === undefined) {
    throw refused(value, "a time such as 5m, a number of seconds, 0, or 'always'");
  }
  return parsed;
}

/** Reads a size above zero, in bytes. Throws `invalid-request`. */
export function readSize(value: Given | undefined): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  const bytes = parseSize(value.text);
  if (bytes === undefined || bytes === 0) {
    throw refused(value, 'a size such as 24GB');
  }
  return bytes;
}

/** Reads the number of a model's layers on a GPU. Throws `invalid-request`. */
export function readGpuLayers(value: Given | undefined): GpuLayers | undefined {
  if (value === undefined) {
    return undefined;
  }
  const text = value.text.trim().toLowerCase();
  const layers = /^\d+$/.test(text) ? Number(text) : GPU_LAYERS.find((word) => word === text);
  if (layers === undefined) {
    throw refused(value, "a number, 'auto' or 'max'");
  }
  return layers;
}

/** Reads one of a few words. Throws `invalid-request`. */
export function readChoice<Choice extends string>(
  value: Given | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined) {
    return undefined;
  }
  const text = value.text.trim().toLowerCase();
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    throw refused(value, `one of ${choices.join(', ')}`);
  }
  return choice;
}

const SWITCH = new Map([
  ...['1', 'true', 'yes', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'no', 'off'].map((word) => [word, false] as const),
]);

/** Reads a switch: on or off. Throws `invalid-request`. */
export function readSwitch(value: Given | undefined): boolean | undefined {
  if (value === undefined) {
    return undefined;
  }
  const state = SWITCH.get(value.text.trim().toLowerCase());
  if (state === undefined) {
    throw refused(value, `one of ${[...SWITCH.keys()].join(', ')}`);
  }
  return state;
}

function refused(value: Given, allowed: string): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `${value.name}: '${value.text}' is not allowed; use ${allowed}`,
  );
}
