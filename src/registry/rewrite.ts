import { isDeepStrictEqual } from 'node:util';
import { isMap, stringify } from 'yaml';
import { isRecord } from '../core/json.ts';
import { findPair, parseYaml, sectionMap } from './document.ts';
import type { RegistryDocument, Section } from './document.ts';
import { cutEntry, insertAlias, insertEntry, setKey, setTopScalar } from './text-edit.ts';

/**
 * The text of a models.yaml with an alias added or changed. All else stays as it was, byte for
 * byte, where the file is written in YAML's block style. The document is changed with it.
 */
export function withAlias(
  document: RegistryDocument,
  text: string,
  name: string,
  target: string,
): string {
  const exact = insertAlias(document, text, name, target);
  const { yaml } = document;
  const aliases = sectionMap(document, 'aliases');
  if (aliases === undefined) {
    yaml.set('aliases', yaml.createNode({ [name]: target }));
  } else {
    const pair = findPair(aliases, name);
    aliases.set(pair === undefined ? yaml.createNode(name) : pair.key, yaml.createNode(target));
  }
  return verified(exact, document);
}

/** The text of a models.yaml with another default; all else stays, as with `withAlias`. */
export function withDefaultModel(document: RegistryDocument, text: string, name: string): string {
  const exact = setTopScalar(document, text, 'default', name);
  document.yaml.set('default', name);
  return verified(exact, document);
}

/**
 * The text of a models.yaml with a model that it does not have yet; all else stays, as with
 * `withAlias`.
 *
 * @param entry keys and values of the entry
 */
export function withModel(
  document: RegistryDocument,
  text: string,
  name: string,
  entry: Readonly<Record<string, unknown>>,
): string {
  const lines = stringify({ [name]: entry }, { lineWidth: 0 })
    .trimEnd()
    .split('\n');
  const exact = insertEntry(document, text, 'models', lines);
  const models = sectionMap(document, 'models');
  if (models === undefined) {
    document.yaml.set('models', document.yaml.createNode({ [name]: entry }));
  } else {
    models.set(name, document.yaml.createNode(entry));
  }
  return verified(exact, document);
}

/** The text of a models.yaml with another file of a model that it has; all else stays. */
export function withModelFile(
  document: RegistryDocument,
  text: string,
  name: string,
  file: string,
  key = 'file',
): string {
  const models = sectionMap(document, 'models');
  const entry = models === undefined ? undefined : findPair(models, name)?.value;
  if (!isMap(entry)) {
    return text;
  }
  const exact = setKey(text, entry, key, file);
  entry.set(key, file);
  return verified(exact, document);
}

/** The text of a models.yaml without an entry; all else stays, as with `withAlias`. */
export function withoutEntry(
  document: RegistryDocument,
  text: string,
  section: Section,
  name: string,
): string {
  const map = sectionMap(document, section);
  const pair = map === undefined ? undefined : findPair(map, name);
  if (map === undefined || pair === undefined) {
    return text;
  }
  const exact = cutEntry(text, map, pair);
  map.delete(pair.key);
  return verified(exact, document);
}

/** Returns the edited text if it means the same as the document; else the document's own rendering. */
function verified(exact: string | undefined, { yaml }: RegistryDocument): string {
  const reread = exact === undefined ? undefined : parseYaml(exact);
  return exact !== undefined &&
    reread?.errors.length === 0 &&
    isDeepStrictEqual(meaning(reread.toJS()), meaning(yaml.toJS()))
    ? exact
    : yaml.toString({ lineWidth: 0 });
}

/** An empty table and a key without a value say the same. */
function meaning(value: unknown): unknown {
  return isRecord(value)
    ? Object.entries(value).filter(
        ([, table]) => table !== null && !(isRecord(table) && Object.keys(table).length === 0),
      )
    : value;
}
