/**
 * Builds dist/ from src/ with the packages that it imports. Each server, engine and command is a process of its own,
 * and reads a few files instead of hundreds of small modules: a server starts in about half of the processor time.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { defineConfig } from 'rolldown';
import type { OutputBundle, Plugin } from 'rolldown';
import { z } from 'zod';

/** Modules whose files in dist/ are named by a path: programs of processes and threads, and imports of tests. */
const ENTRIES = [
  'main',
  'backends/local/model/file-facts-child',
  'backends/local/prompts/prompt-child',
  'backends/local/worker/child',
  'backends/local/worker/server',
  'backends/local/worker/watchdog-thread',
  'cli/launch/temporary-server',
  'cli/program',
  'config/thinking-key',
  'documents/pdf-child',
  'pipeline/middleware/server-tools/page-text-thread',
];

/** Packages that find files of their own at run time. They are installed beside Portico. */
const INSTALLED = [
  /^sharp$/,
  /^libsql\//,
  /^pdfjs-dist\//,
  /^@napi-rs\//,
  /^@fugood\//,
  /^@node-llama-cpp\//,
  /^electron$/,
  /^@reflink\//,
];

/**
 * Package whose modules are built in, although it is installed: its 600 modules and those of its packages take 0.3 s
 * of processor time, of which an engine needs a quarter. Its programs and native builds stay where they are installed.
 */
const LLAMA = 'node-llama-cpp';
const LLAMA_MODULES = path.resolve('node_modules', LLAMA, 'dist');

const statedSchema = z.looseObject({
  license: z.string().optional(),
  author: z.string().optional(),
});

/** Stands for the path from a built file to dist/. */
const TO_DIST = '$DIST$';

const SOURCE = path.resolve('src');
const DIST = path.resolve('dist');

export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, path.join(SOURCE, `${entry}.ts`)])),
  platform: 'node',
  external: INSTALLED,
  resolve: { mainFields: ['module', 'main'] },
  // Much of node-llama-cpp is for its own command line.
  treeshake: { moduleSideEffects: (id) => !id.startsWith(LLAMA_MODULES) },
  plugins: [moduleAddresses(), llamaAddresses(), licenses(), changesOnly()],
  output: {
    dir: DIST,
    format: 'esm',
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
  },
});

/** Keeps `import.meta.url` of a module what it is without a bundle, so that paths relative to it stay valid. */
function moduleAddresses(): Plugin {
  return {
    name: 'module-addresses',
    transform(code, id) {
      if (!code.includes('import.meta.url') || !id.startsWith(SOURCE)) return undefined;
      const file = path.relative(SOURCE, id).split(path.sep).join('/').replace(/\.ts$/, '.js');
      const address = `new URL('${TO_DIST}${file}', import.meta.url).href`;
      return code.replaceAll('import.meta.url', address);
    },
    renderChunk(code, { fileName }) {
      return code.replaceAll(TO_DIST, '../'.repeat(fileName.split('/').length - 1) || './');
    },
  };
}

/** Lets the modules of node-llama-cpp find its files, and the packages of its native builds, where it is installed. */
function llamaAddresses(): Plugin {
  return {
    name: 'llama-addresses',
    transform(code, id) {
      if (!id.startsWith(LLAMA_MODULES)) return undefined;
      const file = path.relative(LLAMA_MODULES, id).split(path.sep).join('/');
      const address = `new URL('./${file}', import.meta.resolve('${LLAMA}')).href`;
      const create = `process.getBuiltinModule('module').createRequire(${address})`;
      return code
        .replaceAll('import.meta.url', address)
        .replaceAll(/import\("(@node-llama-cpp\/[\w-]+)"\)/g, `import(${create}.resolve('$1'))`);
    },
  };
}

/** Adds the licenses of the packages that are built in, as they ask for. */
function licenses(): Plugin {
  return {
    name: 'licenses',
    async generateBundle(_options, bundle) {
      const texts = await Promise.all(packageFolders(bundle).map((folder) => licenseOf(folder)));
      const source = `Portico contains these packages.\n\n${texts.join('\n\n')}\n`;
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source });
    },
  };
}

function packageFolders(bundle: OutputBundle): readonly string[] {
  const modules = Object.values(bundle).flatMap((file) =>
    file.type === 'chunk' ? file.moduleIds : [],
  );
  const folders = modules.map((id) =>
    /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(id),
  );
  return [...new Set(folders.flatMap((match) => match?.[0] ?? []))].toSorted();
}

async function licenseOf(folder: string): Promise<string> {
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  const text =
    file === undefined
      ? await statedLicense(folder)
      : await readFile(path.join(folder, file), 'utf8');
  const name = folder.slice(folder.lastIndexOf('node_modules') + 'node_modules/'.length);
  return `${name}\n${'-'.repeat(60)}\n${text.trim()}`;
}

/** License of a package without a file of it, by its package.json. */
async function statedLicense(folder: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'));
  const { license = '', author = 'its authors' } = statedSchema.parse(manifest);
  if (license !== 'MIT') throw new Error(`No license in ${folder}: name it in rolldown.config.ts`);
  // All licenses of MIT have one text after the line of the copyright.
  const other = await readFile(path.join(LLAMA_MODULES, '..', 'LICENSE'), 'utf8');
  return other.replace(/^Copyright .*$/m, `Copyright (c) ${author}`);
}

/** Leaves unchanged files alone, because a running server may import them, and removes those of earlier builds. */
function changesOnly(): Plugin {
  return {
    name: 'changes-only',
    async generateBundle(_options, bundle) {
      const built = Object.values(bundle);
      for (const file of await filesIn(DIST)) {
        const made = built.find(({ fileName }) => path.join(DIST, fileName) === file);
        if (made === undefined) await rm(file);
        else if ((await readFile(file, 'utf8')) === textOf(made)) delete bundle[made.fileName];
      }
    },
  };
}

function textOf(file: OutputBundle[string]): string | Uint8Array {
  return file.type === 'chunk' ? file.code : file.source;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
