import type { Import } from './imports.ts';

/** Units of `src`, lowest row first. Units of one row are siblings: they do not import each other. */
export const LAYERS: readonly (readonly string[])[] = [
  ['units'],
  ['core'],
  ['net'],
  [
    'wires',
    'prompt',
    'output',
    'formats',
    'grammar',
    'images',
    'documents',
    'registry',
    'config',
    'download',
    'store',
  ],
  ['backends'],
  ['pipeline'],
  ['http', 'launch'],
  ['compose.ts'],
  ['cli'],
  ['main.ts'],
];

/** Siblings that may import those listed after them: from a prompt's text down to a grammar. */
const CHAIN = ['prompt', 'output', 'formats', 'grammar'];

/** Folders whose own folders are siblings too: one per wire format, one per backend. */
const DIVIDED = new Set(['wires', 'backends']);

/** Folder of runners: ways to run a model that do not know each other. */
const RUNNERS = 'src/backends/local/runners/';

/** Only these may import the unit, whatever the order allows. */
const SOLE_IMPORTERS: Readonly<Record<string, string>> = { 'compose.ts': 'cli', cli: 'main.ts' };

/** Libraries that shape what is built on them stay in the one place that is built on them. */
const PACKAGE_HOMES: Readonly<Record<string, string>> = {
  express: 'src/http/',
  'node-llama-cpp': 'src/backends/local/',
  ollama: 'src/backends/ollama/',
  commander: 'src/cli/',
  'libsql/promise': 'src/store/',
  '@fastify/busboy': 'src/http/',
};

/** Reason why an import of `src` violates the layers; undefined if it does not. */
export function violationOf({ from, specifier, target }: Import): string | undefined {
  const reason =
    target === undefined ? packageViolation(from, specifier) : directionViolation(from, target);
  return reason === undefined ? undefined : `${from} imports ${target ?? specifier}: ${reason}`;
}

function packageViolation(from: string, specifier: string): string | undefined {
  const home = PACKAGE_HOMES[specifier];
  return home === undefined || from.startsWith(home) ? undefined : `it belongs to ${home}`;
}

function directionViolation(from: string, target: string): string | undefined {
  const [importer, imported] = [unitOf(from), unitOf(target)];
  if (importer === undefined || imported === undefined) return 'one of them is outside the layers';
  if (importer === imported) return siblingViolation(importer, from, target);
  if (layerOf(importer) < layerOf(imported)) return `${importer} stands below ${imported}`;
  if (layerOf(importer) === layerOf(imported) && !isFurtherDown(importer, imported))
    return `${importer} and ${imported} are siblings`;
  if (imported === 'wires' && divisionOf(target) !== undefined) return 'only the list of wires may';
  const sole = SOLE_IMPORTERS[imported];
  return sole === undefined || sole === importer ? undefined : `only ${sole} may`;
}

function isFurtherDown(importer: string, imported: string): boolean {
  const [from, to] = [CHAIN.indexOf(importer), CHAIN.indexOf(imported)];
  return from >= 0 && to > from;
}

function siblingViolation(unit: string, from: string, target: string): string | undefined {
  const [runner, otherRunner] = [runnerOf(from), runnerOf(target)];
  if (runner !== undefined && otherRunner !== undefined && runner !== otherRunner) {
    return `${runner} and ${otherRunner} are siblings`;
  }
  const [own, other] = [divisionOf(from), divisionOf(target)];
  if (isList(unit, from)) return undefined;
  if (!DIVIDED.has(unit) || other === undefined || own === other) return undefined;
  return own === undefined ? `${unit} stands below ${other}` : `${own} and ${other} are siblings`;
}

function runnerOf(file: string): string | undefined {
  return file.startsWith(RUNNERS) ? file.slice(RUNNERS.length).split('/')[0] : undefined;
}

/** True for the file that lists the folders of a divided unit. */
function isList(unit: string, file: string): boolean {
  return DIVIDED.has(unit) && file === `src/${unit}/index.ts`;
}

function layerOf(unit: string): number {
  return LAYERS.findIndex((units) => units.includes(unit));
}

function unitOf(file: string): string | undefined {
  const unit = file.split('/')[1];
  return unit !== undefined && file.startsWith('src/') && layerOf(unit) >= 0 ? unit : undefined;
}

function divisionOf(file: string): string | undefined {
  const [, , folder, ...rest] = file.split('/');
  return rest.length > 0 ? folder : undefined;
}
