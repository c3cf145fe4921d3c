import type { ToolSpec } from '../../../core/conversation.ts';
import type { JsonObject } from '../../../core/json.ts';

/** What a tool whose schema the API knows looks like to a model. */
export type StandingTool = Pick<ToolSpec, 'description' | 'inputSchema'>;

const NUMBER = { type: 'number' };

/**
 * The description and the schema that a typed tool stands for; undefined for one that has none of its
 * own here. Sources: https://docs.claude.com/en/docs/agents-and-tools/tool-use/ (bash-tool,
 * text-editor-tool, memory-tool, computer-use-tool, web-search-tool, web-fetch-tool) and the SDK's types.
 */
export function standingTool(type: string, settings: JsonObject): StandingTool | undefined {
  if (type.startsWith('bash_')) return BASH;
  if (type.startsWith('text_editor_')) return textEditor(type);
  if (type.startsWith('memory_')) return MEMORY;
  if (type.startsWith('web_search_')) return WEB_SEARCH;
  if (type.startsWith('web_fetch_')) return WEB_FETCH;
  return /^computer_\d/.test(type) ? computer(type, settings) : undefined;
}

const BASH: StandingTool = {
  description:
    'Runs a command in a bash session that persists between calls: its working directory, variables and files stay. Interactive programs are not possible.',
  inputSchema: object({
    command: text('The command to run. Required, unless the session is restarted.'),
    restart: { type: 'boolean', description: 'true starts the session anew.' },
  }),
};

const PATH = text('Absolute path of a file or a folder.');
const VIEW_RANGE = {
  type: 'array',
  items: { type: 'integer' },
  minItems: 2,
  maxItems: 2,
  description: 'For view of a file: first and last line, counted from 1; -1 means to the end.',
};
const FILE_TEXT = text('For create: the whole content of the file.');
const OLD_STR = text('For str_replace: the text to replace, exactly as it stands there, once.');
const NEW_STR = text('For str_replace: the text to put in its place.');
const INSERT_LINE = {
  type: 'integer',
  description: 'For insert: the line behind which to insert; 0 is the beginning of the file.',
};

/** The last versions that could undo, and wrote the text to insert as `new_str`. */
const UNDOING: readonly string[] = ['text_editor_20241022', 'text_editor_20250124'];

/**
 * From 20250429 on there is no undo_edit. What models write for insert is `insert_text` from 20250728 on
 * (anthropic-sdk-python issue 1155), and `new_str` before.
 */
function textEditor(type: string): StandingTool {
  const undoes = UNDOING.includes(type);
  const insertsNew = undoes || type === 'text_editor_20250429';
  const commands = ['view', 'create', 'str_replace', 'insert', ...(undoes ? ['undo_edit'] : [])];
  const replacing = insertsNew
    ? { new_str: text('For str_replace: the text to put in its place. For insert: the new text.') }
    : { new_str: NEW_STR, insert_text: text('For insert: the text to insert.') };
  return {
    description: `Views and edits files: ${commands.join(', ')}.`,
    inputSchema: object(
      {
        command: choice(commands),
        path: PATH,
        view_range: VIEW_RANGE,
        file_text: FILE_TEXT,
        old_str: OLD_STR,
        ...replacing,
        insert_line: INSERT_LINE,
      },
      ['command', 'path'],
    ),
  };
}

const MEMORY: StandingTool = {
  description:
    'Reads and writes memory files below /memories that outlast this conversation. View /memories before other work, and note what will be needed again.',
  inputSchema: object(
    {
      command: choice(['view', 'create', 'str_replace', 'insert', 'delete', 'rename']),
      path: text('Path below /memories; for all commands but rename.'),
      view_range: VIEW_RANGE,
      file_text: FILE_TEXT,
      old_str: OLD_STR,
      new_str: NEW_STR,
      insert_line: INSERT_LINE,
      insert_text: text('For insert: the text to insert.'),
      old_path: text('For rename: the path until now.'),
      new_path: text('For rename: the path from now on.'),
    },
    ['command'],
  ),
};

const FIRST_ACTIONS =
  'key type mouse_move left_click left_click_drag right_click middle_click double_click screenshot cursor_position';
const LATER_ACTIONS = 'hold_key left_mouse_down left_mouse_up triple_click scroll wait';

function computer(type: string, settings: JsonObject): StandingTool {
  const isFirst = type === 'computer_20241022';
  const zooms = settings['enable_zoom'] === true;
  const named = [FIRST_ACTIONS, ...(isFirst ? [] : [LATER_ACTIONS]), ...(zooms ? ['zoom'] : [])];
  const size = [settings['display_width_px'], settings['display_height_px']].map(Number);
  const later = {
    start_coordinate: point('For left_click_drag: x and y of its beginning.'),
    scroll_direction: choice(['up', 'down', 'left', 'right']),
    scroll_amount: { ...NUMBER, description: 'For scroll: clicks of the wheel.' },
    duration: { ...NUMBER, description: 'For hold_key and wait: seconds.' },
  };
  const region = { ...point('For zoom: x and y of two corners.'), minItems: 4, maxItems: 4 };
  return {
    description: `Uses a computer by mouse and keyboard, and looks at its screen of ${size.join(' x ')} pixels.`,
    inputSchema: object(
      {
        action: choice(named.join(' ').split(' ')),
        coordinate: point('For mouse actions: x and y in pixels from the upper left corner.'),
        text: text('For type: the text; for key and hold_key: the keys, such as ctrl+s.'),
        ...(isFirst ? {} : later),
        ...(zooms ? { region } : {}),
      },
      ['action'],
    ),
  };
}

const WEB_SEARCH: StandingTool = {
  description:
    'Searches the web, and gives titles, addresses and excerpts of pages. Use it for what is recent or not known for certain.',
  inputSchema: object({ query: text('What to search for.') }, ['query']),
};

const WEB_FETCH: StandingTool = {
  description:
    'Reads the page at a URL. Only URLs can be read that the user, a tool result or a search result has named.',
  inputSchema: object({ url: text('The URL of the page.') }, ['url']),
};

function text(description: string): JsonObject {
  return { type: 'string', description };
}

function choice(values: readonly string[]): JsonObject {
  return { type: 'string', enum: values };
}

function point(description: string): JsonObject {
  return { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 2, description };
}

function object(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}
