import type { CallableTool, ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';
import { defineJsonCall, defineSpace, readCallList, restOfList } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = 'Action:\n```json\n[';
const OPEN_ON_ONE_LINE = 'Action: ```json\n[';
// The template writes a line break before it. It distinguishes a forced list from one that the model began.
const FORCED = `\n${OPEN}`;
const CLOSE = '```';
const KEYS = { name: 'tool_name', input: ['parameters'] } as const;
/** The template's name for calling no tool. */
const DIRECTLY = 'directly-answer';

/**
 * Command R and R+: each answer begins with `Action:` and a fenced JSON list of
 * `{"tool_name": …, "parameters": {…}}`. The tool name `directly-answer` means no call.
 */
export const commandR: ChatFormat = {
  name: 'command-r',
  recognises: (template) => template.includes('"tool_name"') && template.includes("'Action:"),
  stray: ['<|CHATBOT_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
  tools: {
    triggers: [OPEN, OPEN_ON_ONE_LINE],
    forced: FORCED,
    *read(source, tools) {
      const read = yield* readCallList(source, () => readAction(source, tools), true);
      if (!read) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { trigger, parallel }) {
      const space = defineSpace(rules);
      const call = defineJsonCall(rules, tools, { name: 'tool_name', input: 'parameters' });
      const calls = restOfList(rules, call, parallel);
      // A model that begins with actions may take none, unless a call is forced.
      const none = `${space} "{" ${space} ${literal(`"tool_name": "${DIRECTLY}"`)} ${space} "," ${space} ${literal('"parameters": {}')} ${space} "}" ${space} "]"`;
      return `(${trigger === FORCED ? calls : `${calls} | ${none}`}) "\\n"? ${literal(CLOSE)}`;
    },
  },
};

/** Reads an action. `directly-answer` is neither a call nor text. */
function* readAction(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  const place = source.place;
  const read = yield* readJsonCall(source, tools, KEYS);
  if (read || source.starved) return read;
  source.rewind(place);
  const object = yield* source.readJson();
  return object !== undefined && object.includes(JSON.stringify(DIRECTLY));
}
