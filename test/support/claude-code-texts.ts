/** Words of no meaning, so that a text of any size is ours. */
const WORDS = (
  'amber brook cedar delta ember field grove harbor island juniper kettle lantern meadow north ' +
  'orchard pebble quarry river summit timber umber valley willow yarrow'
).split(' ');

/** A text of about `size` characters, the same one for the same seed. */
export function textOf(size: number, seed: number): string {
  let text = '';
  for (let index = seed; text.length < size; index += 1 + (index % 5)) {
    text += `${WORDS[index % WORDS.length] ?? ''}${index % 9 === 8 ? '.\n' : ' '}`;
  }
  return text.slice(0, Math.max(size, 1)).trimEnd();
}

/** A tool as Claude Code sends it: its fields in this order. */
export interface SessionTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: Readonly<Record<string, unknown>>;
  readonly defer_loading?: true;
}

/** The names of 2.1.197's tools, in its order, each with its size as JSON and its arguments. */
const TOOLS: readonly (readonly [string, number, ...string[]])[] = [
  ['Agent', 2571, 'description', 'prompt', 'subagent_type?'],
  ['Bash', 2743, 'command', 'description?', 'timeout?'],
  ['CronCreate', 4123, 'cron', 'prompt'],
  ['CronDelete', 445, 'id'],
  ['CronList', 289],
  ['Edit', 1006, 'file_path', 'old_string', 'new_string'],
  ['EnterWorktree', 3797, 'name?'],
  ['ExitWorktree', 2546, 'action'],
  ['NotebookEdit', 1679, 'notebook_path', 'new_source'],
  ['Read', 1687, 'file_path', 'offset?', 'limit?'],
  ['ReportFindings', 1923, 'findings'],
  ['ScheduleWakeup', 3797, 'at'],
  ['SendMessage', 1206, 'to', 'message'],
  ['Skill', 2135, 'skill', 'args?'],
  ['TaskCreate', 2855, 'subject', 'description'],
  ['TaskGet', 1036, 'taskId'],
  ['TaskList', 1201],
  ['TaskOutput', 1599, 'taskId'],
  ['TaskStop', 558, 'taskId'],
  ['TaskUpdate', 3598, 'taskId', 'status?'],
  ['WebFetch', 776, 'url', 'prompt'],
  ['WebSearch', 879, 'query'],
  ['Workflow', 21_341, 'script'],
  ['Write', 663, 'file_path', 'content'],
];

/** Definition of a deferred tool, once a search has loaded it. */
export function deferredTool(name: string, scale: number): SessionTool {
  return { ...toolOf(name, 1143 * scale, ['query']), defer_loading: true };
}

/** The tools of a session, their descriptions as long as the scale says. */
export function sessionTools(scale: number): readonly SessionTool[] {
  const all = TOOLS.map(([name, size, ...names]) => toolOf(name, size * scale, names));
  const search = toolOf('ToolSearch', 1490 * scale, ['query']);
  const placeholder: SessionTool = {
    ...toolOf('DeferredToolPlaceholder', 214 * scale, []),
    defer_loading: true,
  };
  return [...all.slice(0, -1), search, placeholder, ...all.slice(-1)];
}

function toolOf(name: string, size: number, names: readonly string[]): SessionTool {
  const required = names.filter((argument) => !argument.endsWith('?'));
  const input_schema = {
    type: 'object',
    properties: Object.fromEntries(
      names.map((argument) => [argument.replace('?', ''), { type: 'string' }]),
    ),
    ...(required.length === 0 ? {} : { required }),
  };
  const rest = Math.round(size) - JSON.stringify({ name, description: '', input_schema }).length;
  return { name, description: textOf(Math.max(rest, 8), name.length), input_schema };
}
