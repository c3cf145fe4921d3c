import type { ToolSpec } from '../../../core/conversation.ts';
import type { JsonObject } from '../../../core/json.ts';

/** Description and schema for a tool whose schema the API defines. */
export type TypedTool = Pick<ToolSpec, 'description' | 'inputSchema'>;

const NUMBER = { type: 'number' };

/**
 * Description and schema for a typed tool; undefined if none is known. Sources are the pages of bash-tool,
 * text-editor-tool, memory-tool, computer-use-tool, web-search-tool, web-fetch-tool and tool-search-tool, and the SDK's
 * types.
 *
 * @see https://docs.claude.com/en/docs/agents-and-tools/tool-use/
 */
export function typedTool(type: string, settings: JsonObject): TypedTool | undefined {
  if (type.startsWith('bash_')) return BASH;
  if (type.startsWith('text_editor_')) return textEditor(type);
  if (type.startsWith('memory_')) return MEMORY;
  if (type.startsWith('web_search_')) return WEB_SEARCH;
  if (type.startsWith('web_fetch_')) return WEB_FETCH;
  if (type.startsWith('tool_search_tool_regex')) return TOOL_REGEX;
  if (type.startsWith('tool_search_tool_bm25')) return TOOL_WORDS;
  return /^computer_\d/.test(type) ? computer(type, settings) : undefined;
}

const BASH: TypedTool = {
  description:
    'Runs a command in a bash session that persists between calls: its working directory, variables and files stay. Interactive programs are not possible.',
  inputSchema: object({
    command: text('The command to run. Required, unless the session is restarted.'),
    restart: { type: 'boolean', description: 'true restarts the session.' },
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
const FILE_TEXT = text('For create: the complete content of the file.');
const OLD_STR = text(
  'For str_replace: the text to replace. It must occur exactly once in the file.',
);
const NEW_STR = text('For str_replace: the replacement.');
const INSERT_LINE = {
  type: 'integer',
  description: 'For insert: the line after which to insert; 0 is the beginning of the file.',
};

/** Versions with an undo command. */
const UNDOING: readonly string[] = ['text_editor_20241022', 'text_editor_20250124'];

/**
 * Text editor of a version. 20250429 removed undo_edit. The text to insert is `insert_text` since 20250728
 * (anthropic-sdk-python issue 1155), and `new_str` before.
 */
function textEditor(type: string): TypedTool {
  const undoes = UNDOING.includes(type);
  const insertsNew = undoes || type === 'text_editor_20250429';
  const commands = ['view', 'create', 'str_replace', 'insert', ...(undoes ? ['undo_edit'] : [])];
  const replacing = insertsNew
    ? { new_str: text('For str_replace: the replacement. For insert: the new text.') }
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

const MEMORY: TypedTool = {
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
      old_path: text('For rename: the old path.'),
      new_path: text('For rename: the new path.'),
    },
    ['command'],
  ),
};

const FIRST_ACTIONS =
  'key type mouse_move left_click left_click_drag right_click middle_click double_click screenshot cursor_position';
const LATER_ACTIONS = 'hold_key left_mouse_down left_mouse_up triple_click scroll wait';

function computer(type: string, settings: JsonObject): TypedTool {
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

const WEB_SEARCH: TypedTool = {
  description:
    'Searches the web, and returns titles, addresses and excerpts of pages. Use it for recent or uncertain facts.',
  inputSchema: object({ query: text('What to search for.') }, ['query']),
};

const WEB_FETCH: TypedTool = {
  description:
    'Reads the page at a URL. The URL must come from the user, a tool result or a search result.',
  inputSchema: object({ url: text('The URL of the page.') }, ['url']),
};

const TOOL_REGEX: TypedTool = {
  description:
    'Finds more tools by a regular expression over their names, descriptions and arguments. The tools that it finds can be called afterwards. Use it if no other tool fits.',
  inputSchema: object(
    { query: text('The regular expression, such as "weather" or "(?i)calendar|meeting".') },
    ['query'],
  ),
};

const TOOL_WORDS: TypedTool = {
  description:
    'Finds more tools by words that describe what is needed. The tools that it finds can be called afterwards. Use it if no other tool fits.',
  inputSchema: object({ query: text('Words about the tool, such as "weather forecast".') }, [
    'query',
  ]),
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
