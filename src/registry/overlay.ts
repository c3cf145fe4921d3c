import type { FileEntries, Reference } from './entries.ts';
import { either, lookUp, MOST_SHOWN } from './lookup.ts';
import type { KnownAliases, Lookup, NameTables } from './lookup.ts';
import type { Registry } from './registry.ts';

/** The embedded model, which is there whatever the files say. */
export const EMBEDDED_MODEL = 'mini';

/**
 * The user's entries over the shipped ones: models by name, aliases by name, the default.
 * References that lead nowhere are left out, each with a problem that says so.
 */
export function overlay(shipped: FileEntries, user: FileEntries): Registry {
  const problems = [...shipped.problems, ...user.problems];
  const offered = [...shipped.models].filter(([name]) => either(user.models, name) === undefined);
  const models = new Map([...offered, ...user.models]);
  const references = new Map([...shipped.aliases, ...user.aliases]);

  for (const [name, { location }] of user.aliases) {
    if (models.has(name)) {
      references.delete(name);
      problems.push(`${location}: alias '${name}' has the name of a model; choose another name`);
    }
  }
  const written = new Map([...references].map(([name, { target }]) => [name, target]));
  const aliases = new Map(written);
  const dangling = new Map<string, string>();
  const known: KnownAliases = new Map();
  for (const [name, reference] of references) {
    const lookup = lookUp({ models, aliases: written }, name, known);
    if (!lookup.found) {
      aliases.delete(name);
      if (lookup.why === 'unknown') dangling.set(name, reference.target);
      problems.push(`${reference.location}: alias '${name}' ${reasonOf(lookup)}`);
    }
  }
  // Uses the aliases as written, so that a circle is reported as one.
  const tables = { models, aliases: written };
  const defaultModel = chooseDefault(tables, [user.defaultModel, shipped.defaultModel], problems);
  const { mcp } = user;
  return { defaultModel, models, aliases, dangling, mcp, problems: shortened(problems) };
}

/** Limit of reported problems. */
const MOST_PROBLEMS = 100;

function shortened(problems: readonly string[]): readonly string[] {
  const more = problems.length - MOST_PROBLEMS;
  return more > 0 ? [...problems.slice(0, MOST_PROBLEMS), `… and ${more} problems more`] : problems;
}

/** Chooses the first default that a backend may have. One in a circle of aliases is left out. */
function chooseDefault(
  tables: NameTables,
  candidates: readonly (Reference | undefined)[],
  problems: string[],
): string {
  for (const candidate of candidates) {
    if (candidate !== undefined) {
      const lookup = lookUp(tables, candidate.target);
      if (!lookup.found) {
        problems.push(
          `${candidate.location}: the default '${candidate.target}' ${reasonOf(lookup)}`,
        );
      }
      if (lookup.found || lookup.why === 'unknown') return candidate.target;
    }
  }
  return EMBEDDED_MODEL;
}

function reasonOf(lookup: Extract<Lookup, { readonly found: false }>): string {
  switch (lookup.why) {
    case 'unknown':
      return (
        `leads to '${lookup.name}', which has no entry, and answers only while Ollama has it; ` +
        `'portico ls' lists the models`
      );
    case 'circle':
      return `leads in a circle: ${chain(lookup.names)}; let one of them name a model`;
    default:
      return lookup satisfies never;
  }
}

function chain(names: readonly string[]): string {
  const shown = names.slice(0, MOST_SHOWN);
  return (names.length > MOST_SHOWN ? [...shown, '…'] : shown).join(' -> ');
}
