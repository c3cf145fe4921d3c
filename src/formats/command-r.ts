import type { CallableTool, ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';
import { defineJsonCall, defineSpace, readCallList, restOfList } from './shared/call-list.ts';
import { readJsonCall, takeClosing } from './shared/calls.ts';

const OPEN = 'Action:\n```json\n[';
const OPEN_ON_ONE_LINE = 'Action: ```json\n[';
// The template writes a line break before it, by which a demanded list is told from one that was begun freely.
const FORCED = `\n${OPEN}`;
const CLOSE = '```';
const KEYS = { name: 'tool_name', input: ['parameters'] } as const;
/** The template's own name for calling nothing. */
const DIRECTLY = 'directly-answer';

/**
 * Command R and R+: every answer begins with a list of actions, `Action:` and a fenced JSON list of
 * `{"tool_name": …, "parameters": {…}}`, in which `directly-answer` stands for no call at all.
 */
export const commandR: ChatFormat = {
  name: 'command-r',
  recognises: (template) => template.includes('"tool_name"') && template.includes("'Action:"),
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
      // Whoever begins with actions is free to take none, unless one is demanded.
      const none = `${space} "{" ${space} ${literal(`"tool_name": "${DIRECTLY}"`)} ${space} "," ${space} ${literal('"parameters": {}')} ${space} "}" ${space} "]"`;
      return `(${trigger === FORCED ? calls : `${calls} | ${none}`}) ${literal(CLOSE)}`;
    },
  },
};

/** One action; to answer directly is neither call nor text. */
function* readAction(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  const place = source.place;
  const read = yield* readJsonCall(source, tools, KEYS);
  if (read || source.starved) return read;
  source.rewind(place);
  const object = yield* source.readJson();
  return object !== undefined && object.includes(JSON.stringify(DIRECTLY));
}
