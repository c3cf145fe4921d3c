import { tableOf } from '../support/markdown-table.ts';
import { SETTINGS } from '../../src/cli/setting-list.ts';
import type { SettingInfo } from '../../src/cli/setting-list.ts';
import { KINDS, nestedValuesOf, valuesOf } from './entry-schemas.ts';
import type { ValueSchema } from './entry-schemas.ts';

/** Variables that are no setting of `serve`. */
const OTHER_VARIABLES: readonly (readonly [string, string])[] = [
  [
    'PORTICO_HOME',
    'folder for models.yaml, `models/` and `data/`, instead of the platform’s folders',
  ],
  ['OLLAMA_HOST', 'address of Ollama; default: 127.0.0.1:11434'],
  ['HF_TOKEN', 'token for repositories of Hugging Face whose terms you have accepted'],
  ['HF_ENDPOINT', 'mirror of Hugging Face'],
  ['GITHUB_API_URL', 'server of releases for `portico engine install`'],
  ['HTTPS_PROXY', 'proxy of downloads'],
];

/** Text of docs/configuration.md. */
export function configurationPage(): string {
  return [
    '# Configuration',
    '<!-- Written by npm run docs. Change src/cli/setting-list.ts, the schemas or test/docs/ instead. -->',
    '## Settings of `serve`',
    'A flag overrides its variable. A variable with several values separates them by commas. Settings of a model’s engine, from `--threads` to `--prompt-lookup`, `--context` and `--parallel`, override the entries of models.yaml; `keep_alive` of an entry overrides `--keep-alive`.',
    tableOf(
      ['flag', 'variable', 'default', 'meaning'],
      Object.values<SettingInfo>(SETTINGS).map(({ flag, variable, fallback = '–', meaning }) => [
        flag === undefined ? '–' : code(flag),
        variable === undefined ? '–' : code(variable),
        fallback,
        meaning,
      ]),
    ),
    '## Other variables',
    tableOf(
      ['variable', 'meaning'],
      OTHER_VARIABLES.map(([name, meaning]) => [code(name), meaning]),
    ),
    '## models.yaml',
    'The file is a mapping with four keys: `default` (a name), `models` (entries by name), `aliases` (names by other names) and `mcp` (programs of [MCP servers](api.md#mcp-servers) by name, each with `command`, `args` and `env`). Editors with a YAML language server complete the keys if its first line names the schema. The schema is `models.schema.json` in the package and in the repository:',
    '```yaml\n# yaml-language-server: $schema=https://raw.githubusercontent.com/portico-ai/portico/main/models.schema.json\n```',
    '## Keys of an entry',
    tableOf(['key', 'backends', 'values', 'meaning'], entryRows()),
    '## Keys of `providers` and `sampling`',
    tableOf(['key', 'values', 'meaning'], nestedRows()),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function entryRows(): readonly (readonly string[])[] {
  const byKind = new Map(KINDS.map((kind) => [kind, valuesOf(kind)]));
  const values = new Map([...byKind.values()].flatMap((each) => Object.entries(each)));
  return [...values].map(([key, value]) => {
    const accepting = KINDS.filter((kind) => byKind.get(kind)?.[key] !== undefined);
    const backends = accepting.length === KINDS.length ? 'all' : accepting.join(', ');
    const written = key === 'backend' ? KINDS.map(code).join(', ') : valueText(value);
    return [code(key), backends, written, value.description ?? ''];
  });
}

function nestedRows(): readonly (readonly string[])[] {
  const values = new Map(KINDS.flatMap((kind) => Object.entries(nestedValuesOf(kind))));
  return [...values].map(([key, value]) => [code(key), valueText(value), value.description ?? '']);
}

/** Values that a JSON Schema allows, in words. */
function valueText(schema: ValueSchema): string {
  const { anyOf, enum: words, const: word, type } = schema;
  if (Array.isArray(anyOf)) return anyOf.map(valueText).join(', ');
  if (Array.isArray(words)) return words.map((each) => code(String(each))).join(', ');
  if (word !== undefined) return code(JSON.stringify(word));
  if (Array.isArray(type)) return type.map((each) => valueText({ type: each })).join(', ');
  if (type === 'boolean') return '`true`, `false`';
  if (type === 'string') return 'text';
  if (type === 'array') return 'list';
  if (type === 'object') return 'mapping';
  return rangeText(schema);
}

function rangeText({ minimum, exclusiveMinimum, maximum }: ValueSchema): string {
  const most =
    typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (typeof exclusiveMinimum === 'number') {
    return most === undefined
      ? `number over ${exclusiveMinimum}`
      : `over ${exclusiveMinimum}, to ${most}`;
  }
  if (typeof minimum !== 'number') return 'number';
  return most === undefined ? `number from ${minimum}` : `${minimum} to ${most}`;
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}
