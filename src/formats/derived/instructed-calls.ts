import type { ToolSyntax, WrittenCall } from '../format.ts';
import { granite } from '../granite.ts';
import { hermes } from '../hermes.ts';
import { lfm2 } from '../lfm2.ts';
import { minimax } from '../minimax.ts';
import { mistralList } from '../mistral-list.ts';
import { joinedTools } from '../shared/joined-tools.ts';
import type { CallLayout } from './layout.ts';
import { counterpartIn, isCallToken } from './named-tags.ts';
import { PROBED } from './observations.ts';
import { isTag, segmentsOf, specialTokensOf } from './segments.ts';

/** Characters after a tag in which its contents are described. */
const MOST_DESCRIBED = 300;

/** Words or a bracket right after a tag, in as many characters, by which a list follows it. */
const LIST = /^\s*\[|^.{0,60}\b(?:list|array)\b/i;

const NAME_KEY = /"(name|tool_name|tool|function_name)"\s*:/;
const INPUT_KEY = /"(arguments|parameters|args|input)"\s*:/;

/**
 * The layout of calls that a template describes but does not render, such as "respond with `<|tool_call|>` and a JSON list":
 * objects after the first tag whose name says that calls follow it. Undefined if there is no such tag, or if its
 * contents are tags.
 *
 * @param instructions text that a template adds to a prompt with tools
 */
export function instructedCalls(instructions = ''): CallLayout | undefined {
  const open = segmentsOf(instructions).find((segment) => isTag(segment) && isCallToken(segment));
  if (open === undefined) return undefined;
  const rest = instructions.slice(instructions.indexOf(open) + open.length);
  const close = counterpartIn(rest, open) ?? '';
  const [inside = ''] = close === '' ? [rest] : rest.split(close);
  // Another token, and the tool itself, belong to the list of tools.
  const [token = PROBED.tool] = specialTokensOf(inside);
  const [described = ''] =
    inside.slice(0, MOST_DESCRIBED).split(token)[0]?.split(PROBED.tool) ?? [];
  if (/<\w+[=\s]/.test(described)) return undefined;
  const body = {
    style: 'object',
    nameKey: NAME_KEY.exec(described)?.[1] ?? 'name',
    inputKey: INPUT_KEY.exec(described)?.[1] ?? 'arguments',
    others: [],
    lead: '{"name": ',
  } as const;
  const isList = LIST.test(described);
  return {
    section: isList ? { open: `${open}[`, close: `]${close}` } : { open: '', close: '' },
    call: isList ? { open: '', close: '' } : { open, close },
    separator: isList ? ', ' : '\n',
    parallel: true,
    body,
    isUnrendered: true,
  };
}

const [first, ...others] = [hermes, granite, lfm2, minimax, mistralList].flatMap(
  ({ tools }) => tools ?? [],
);

/**
 * Calls of templates that list tools but show no syntax of calls: those of common families, whose marks no text
 * contains by chance. Calls of the past are in the most common one.
 */
export const anyCalls: ToolSyntax | undefined = first && {
  ...joinedTools(first, ...others),
  write: (calls) => writeCalls(HERMES, calls),
};

const HERMES: CallLayout = {
  section: { open: '', close: '' },
  call: { open: '<tool_call>\n', close: '\n</tool_call>' },
  separator: '\n',
  parallel: true,
  body: { style: 'object', nameKey: 'name', inputKey: 'arguments', others: [], lead: '{"name": ' },
};

/** Writes calls of the past in a layout of objects. */
export function writeCalls(
  { section, call, separator, body }: CallLayout,
  calls: readonly WrittenCall[],
): string {
  const [nameKey, inputKey] =
    body.style === 'object' ? [body.nameKey, body.inputKey] : ['name', 'arguments'];
  const written = calls.map(
    ({ name, input }) =>
      call.open + JSON.stringify({ [nameKey]: name, [inputKey]: input }) + call.close,
  );
  return section.open + written.join(separator) + section.close;
}
