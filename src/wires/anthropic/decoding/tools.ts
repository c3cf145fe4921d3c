import type { ToolChoice, ToolOrigin, ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Steps } from '../../../core/steps.ts';
import { parseWith } from '../issues.ts';
import { jsonObject } from '../schema/json.ts';
import {
  commonFields,
  customTool,
  namedTool,
  type RawTool,
  type RawToolChoice,
} from '../schema/tools.ts';
import { schemaFault } from './json-schema.ts';
import { serverToolOf } from './server-tool.ts';
import { typedTool } from './typed-tools.ts';

/** The API's own tools by the prefix of their type. The rest of the type is a date that changes. */
const KNOWN_TOOLS = [
  ['bash_', 'client'],
  ['text_editor_', 'client'],
  ['memory_', 'client'],
  ['computer_', 'client'],
  ['browser_toolset_', 'client'],
  ['web_search_', 'server'],
  ['web_fetch_', 'server'],
  ['code_execution_', 'server'],
  ['tool_search_tool_', 'server'],
  ['mcp_toolset', 'server'],
  ['advisor_', 'server'],
] as const satisfies readonly (readonly [string, ToolOrigin['kind']])[];

/** Decoded tools by their list, which requests share. */
const decodedLists = new WeakMap<readonly RawTool[], readonly ToolSpec[]>();

/**
 * Decodes tools in the given order. Returns the same object for the same list.
 *
 * @throws {invalid-request}
 * @throws {unsupported} for a limit that this server can't enforce
 */
export function* decodeTools(tools: readonly RawTool[]): Steps<readonly ToolSpec[]> {
  const before = decodedLists.get(tools);
  if (before !== undefined) return before;
  const decoded: ToolSpec[] = [];
  for (const [index, tool] of tools.entries()) {
    decoded.push(decodeTool(tool, ['tools', String(index)]));
    yield;
  }
  checkToolNames(decoded);
  decodedLists.set(tools, decoded);
  return decoded;
}

/**
 * Limit of the real API's tool search.
 *
 * @see https://docs.claude.com/en/docs/agents-and-tools/tool-use/tool-search-tool
 */
const MOST_TOOLS = 10_000;

/** Throws if a request has more tools than the API accepts. */
export function checkToolCount(count: number): void {
  if (count <= MOST_TOOLS) return;
  throw new RuntimeFailure(
    'invalid-request',
    `tools: List should have at most ${MOST_TOOLS} items`,
    { details: { error_code: 'available_tools_limit_exceeded' } },
  );
}

/** Throws if two tools share a name. */
function checkToolNames(tools: readonly ToolSpec[]): void {
  if (new Set(tools.map(({ name }) => name)).size < tools.length) {
    throw new RuntimeFailure('invalid-request', 'tools: Tool names must be unique.');
  }
}

/**
 * Decodes an entry of `tools`, or a tool that the conversation defines.
 *
 * @throws {invalid-request}
 */
export function decodeTool(tool: RawTool, at: readonly string[]): ToolSpec {
  const type = tool.type ?? 'custom';
  const deferred = tool.defer_loading ?? false;
  if (type === 'custom') {
    const { name, description, input_schema } = parseWith(customTool, tool, [...at, type]);
    checkInputSchema(input_schema, at);
    return {
      name,
      description: withExamples(description ?? '', tool),
      inputSchema: input_schema,
      origin: { kind: 'custom' },
      deferred,
      ...callRules(tool),
    };
  }
  const known = KNOWN_TOOLS.find(([prefix]) => type.startsWith(prefix));
  if (known === undefined) throw unknownType(type, at);
  const name = toolsetName(type) ?? tool.mcp_server_name ?? tool.name;
  const settings = settingsOf(tool, [...at, type]);
  const typed = typedTool(type, settings) ?? NO_SCHEMA;
  return {
    ...parseWith(namedTool, name === undefined ? {} : { name }, [...at, type]),
    ...typed,
    description: withExamples(typed.description, tool),
    origin: typedOrigin(known[1], type, settings, [...at, type]),
    deferred,
    ...callRules(tool),
  };
}

const NO_SCHEMA = { description: '', inputSchema: { type: 'object' } };

function callRules({
  strict,
  eager_input_streaming: eager,
  allowed_callers,
}: RawTool): Pick<ToolSpec, 'strict' | 'eagerInput' | 'onlyFromCode'> {
  return {
    ...(strict === true && { strict }),
    ...(typeof eager === 'boolean' && { eagerInput: eager }),
    ...(allowed_callers?.includes('direct') === false && { onlyFromCode: true }),
  };
}

/** Appends examples to a description, since chat templates have no place for them. */
function withExamples(description: string, { input_examples }: RawTool): string {
  if (input_examples === null || input_examples === undefined || input_examples.length === 0) {
    return description;
  }
  const examples = input_examples.map((example) => JSON.stringify(example));
  const note = `Examples of its input:\n${examples.join('\n')}`;
  return description === '' ? note : `${description}\n\n${note}`;
}

function typedOrigin(
  kind: (typeof KNOWN_TOOLS)[number][1],
  type: string,
  settings: JsonObject,
  at: readonly string[],
): ToolOrigin {
  if (kind === 'client') return { kind, type, settings };
  const serverTool = serverToolOf(type, settings, at);
  return { kind, type, settings, ...(serverTool !== undefined && { serverTool }) };
}

/** Name for a toolset, which groups several tools and has no name of its own. */
function toolsetName(type: string): string | undefined {
  const [, family] = /^(computer|browser)_toolset_/.exec(type) ?? [];
  return family;
}

function settingsOf(tool: RawTool, at: readonly string[]): JsonObject {
  const own = Object.entries(tool).filter(([key]) => !Object.hasOwn(commonFields, key));
  return parseWith(jsonObject, Object.fromEntries(own), at);
}

function unknownType(type: string, at: readonly string[]): RuntimeFailure {
  const expected = ['custom', ...KNOWN_TOOLS.map(([prefix]) => prefix)];
  const tags = expected.map((tag) => `'${tag.endsWith('_') ? `${tag}…` : tag}'`).join(', ');
  return new RuntimeFailure(
    'invalid-request',
    `${at.join('.')}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags}`,
  );
}

function checkInputSchema(schema: JsonObject, at: readonly string[]): void {
  const fault = schema['type'] === 'object' ? schemaFault(schema) : '#/type';
  if (fault === undefined) return;
  throw new RuntimeFailure(
    'invalid-request',
    `${at.join('.')}.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12) and be of type 'object'. The fault is at ${fault}.`,
  );
}

/**
 * Decodes the tool choice.
 *
 * @throws {invalid-request} if the choice requires a missing tool
 */
export function decodeToolChoice(
  choice: RawToolChoice | null | undefined,
  tools: readonly ToolSpec[],
): ToolChoice {
  if (choice === null || choice === undefined) return { mode: 'auto', parallel: true };
  if (choice.type === 'none') return { mode: 'none' };
  const parallel = choice.disable_parallel_tool_use !== true;
  if (choice.type === 'auto') return { mode: 'auto', parallel };
  if (tools.length === 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `tool_choice.${choice.type} may only be specified while providing tools`,
    );
  }
  if (choice.type === 'any') return { mode: 'any', parallel };
  // Tools of MCP servers are not known before these list them.
  const mayCome = tools.some(({ origin }) => origin.kind === 'server' && origin.mcpServer);
  if (!mayCome && !tools.some(({ name }) => name === choice.name)) {
    throw new RuntimeFailure(
      'invalid-request',
      `tool_choice.tool.name: Tool '${choice.name}' not found in provided tools`,
    );
  }
  return { mode: 'tool', name: choice.name, parallel };
}
