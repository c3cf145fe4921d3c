import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bindingsOf, createRenderer } from '../../src/backends/local/prompts/jinja.ts';
import { ControlTokens } from '../../src/prompt/control-tokens.ts';
import { chooseFormat } from '../../src/formats/choose.ts';
import type { ChatTemplate } from '../../src/prompt/render.ts';
import { probeTemplate } from '../../src/prompt/traits.ts';
import { sharedLlama } from './native-llama.ts';
import { isMissing } from './optional.ts';

/** Folder of chat templates of published models, a `.jinja` file each. They are not part of the project. */
const FOLDER = process.env['PORTICO_TEST_TEMPLATES'];

/** Chat templates of published models, by name, with their source; empty if no folder is named. */
export const REAL_TEMPLATES: ReadonlyMap<string, string> = new Map(
  FOLDER === undefined ? [] : readTemplates(FOLDER),
);

function readTemplates(folder: string): [string, string][] {
  return readdirSync(folder).map((file) => [
    file.replace(/\.jinja2?$/, ''),
    readFileSync(path.join(folder, file), 'utf8'),
  ]);
}

/** Reports missing templates, for `describe.skipIf`. */
export function areTemplatesMissing(): boolean {
  return isMissing(
    'the folder of real chat templates',
    FOLDER,
    'name it in PORTICO_TEST_TEMPLATES; short templates of the project are tested everywhere',
    { isRequired: false },
  );
}

/** Text that looks like a control token: `<|…|>`, `<｜…｜>`, `[INST]`, `<s>`, `</think>`… */
const SPECIAL =
  /<\|[^<>|\s]{1,40}\|?>|<[^<>|\s]{1,40}\|>|<｜[^<>｜]{1,40}｜>|<\/?[a-z]\w{0,30}>|\[\/?[A-Z]\w{2,30}\]/g;

/** The special tokens that a template's source writes. */
export function specialTokens(source: string): readonly string[] {
  return [...new Set([...(source.match(SPECIAL) ?? []), '<s>', '</s>'])];
}

const native = await sharedLlama();

const read = new Map<string, ChatTemplate>();

/** Returns a template as the engine sets it up, read once for all test files of a worker. */
export function realTemplate(source: string): ChatTemplate {
  const template = read.get(source) ?? readRealTemplate(source);
  read.set(source, template);
  return template;
}

/** Reads a template as the engine does, rendered by llama.cpp's own Jinja. */
export function readRealTemplate(source: string): ChatTemplate {
  const render = createRenderer(bindingsOf(native.llama), source);
  const format = chooseFormat(source);
  const tokens = { bos: '<s>', eos: '</s>' };
  const traits = probeTemplate(render, format, tokens);
  return { render, format, traits, control: new ControlTokens(specialTokens(source)), ...tokens };
}
