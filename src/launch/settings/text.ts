import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { z } from 'zod';
import { RuntimeFailure } from '../../core/failure.ts';

/** Byte order mark, which Windows editors write and Claude Code skips. */
const MARK = '\uFEFF';

/** Splits a byte order mark off the text of a settings file. */
export function splitMark(text: string): { readonly mark: string; readonly body: string } {
  const mark = text.startsWith(MARK) ? MARK : '';
  return { mark, body: text.slice(mark.length) };
}

/**
 * Parses a settings file as Claude Code does, which ignores the whole file if it has a comment, a
 * trailing comma or a setting of a wrong type (seen in 2.1.197 and in the latest version).
 *
 * @throws {RuntimeFailure} `invalid-request` with the place, the reason and a hint
 */
export function parseForClaude(body: string, file: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(body, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined) throw refusedText(body, error, file);
  const object = checkObject(root, file);
  checkRepeats(object, body, file);
  checkTypes(object, file);
  return object;
}

/** Parses a settings file that its user may have edited: comments and trailing commas are accepted. */
export function parseWithComments(body: string, file: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(body, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) throw invalidJson(body, error, file);
  return checkObject(root, file);
}

function refusedText(body: string, error: ParseError, file: string): RuntimeFailure {
  if (printParseErrorCode(error.error) === 'InvalidCommentToken') {
    return refused(
      `${placeIn(body, error.offset, file)}: Claude Code ignores a settings file with comments; remove this one`,
    );
  }
  const before = body.slice(0, error.offset).trimEnd();
  if (before.endsWith(',') && /^\s*[}\]]/.test(body.slice(before.length))) {
    return refused(
      `${placeIn(body, before.length - 1, file)}: Claude Code ignores a settings file with a comma before ` +
        'a closing bracket; remove this one',
    );
  }
  return invalidJson(body, error, file);
}

function invalidJson(body: string, { error, offset }: ParseError, file: string): RuntimeFailure {
  if (body.includes('\0')) return refused(`${file}: this is not UTF-8 text; save it as UTF-8`);
  return refused(
    `${placeIn(body, offset, file)}: this is not valid JSON (${printParseErrorCode(error)}); correct it`,
  );
}

function checkObject(root: Node | undefined, file: string): Node {
  if (root?.type === 'object') return root;
  throw refused(`${file}: this is not a JSON object; correct it`);
}

/** Types of the settings that are changed, or that decide the model and the key. Others are not checked. */
const types = z.looseObject({
  env: z.looseObject({}).nullish(),
  permissions: z
    .looseObject({
      allow: z.array(z.unknown()).optional(),
      ask: z.array(z.unknown()).optional(),
      deny: z.array(z.unknown()).optional(),
      additionalDirectories: z.array(z.unknown()).optional(),
    })
    .nullish(),
  model: z.string().optional(),
  availableModels: z.array(z.unknown()).optional(),
  apiKeyHelper: z.string().optional(),
});

function checkTypes(root: Node, file: string): void {
  const { error } = types.safeParse(getNodeValue(root));
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return;
  const expected = issue.code === 'invalid_type' ? EXPECTED[issue.expected] : undefined;
  throw refused(
    `${file}: '${issue.path.join('.')}' is not ${expected ?? 'a valid value'}, so Claude Code ` +
      'ignores the whole file; correct it',
  );
}

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'a JSON object',
  array: 'a list',
  string: 'a text',
};

/**
 * Refuses repeated keys in the groups to change: Claude Code reads the last one, and an edit would
 * change the first.
 */
function checkRepeats(root: Node, body: string, file: string): void {
  const groups = ['env', 'permissions'].map((name) => findNodeAtLocation(root, [name]));
  for (const group of [root, ...groups]) {
    const keys = group?.type === 'object' ? keysOf(group) : [];
    const repeated = keys.find((key, index) => keys.slice(0, index).some(isNamedAs(key)));
    if (repeated === undefined) continue;
    const place = placeIn(body, repeated.offset, file);
    throw refused(`${place}: '${String(repeated.value)}' is here twice; remove one`);
  }
}

function keysOf({ children = [] }: Node): readonly Node[] {
  return children.flatMap(({ children: [key] = [] }) => (key === undefined ? [] : [key]));
}

function isNamedAs({ value }: Node): (other: Node) => boolean {
  return (other) => other.value === value;
}

function placeIn(body: string, offset: number, file: string): string {
  const lines = body.slice(0, offset).split('\n');
  return `${file}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
}

function refused(reason: string): RuntimeFailure {
  return new RuntimeFailure('invalid-request', `${reason}. Nothing was changed.`);
}
