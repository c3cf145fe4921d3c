/**
 * Builds dist/ from src/ with the packages that it imports. Each server, engine and command is a process of its own,
 * and reads a few files instead of hundreds of small modules: a server starts in about half of the processor time.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { defineConfig } from 'rolldown';
import type { OutputBundle, Plugin } from 'rolldown';

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
  'pipeline/middleware/server-tools/page-text-thread',
];

/** Packages that find files of their own at run time. They are installed beside Portico. */
const INSTALLED = [/^sharp$/, /^libsql\//, /^node-llama-cpp$/, /^@fugood\//];

/** Stands for the path from a built file to dist/. */
const TO_DIST = '$DIST$';

const SOURCE = path.resolve('src');
const DIST = path.resolve('dist');

export default defineConfig({
  input: Object.fromEntries(ENTRIES.map((entry) => [entry, path.join(SOURCE, `${entry}.ts`)])),
  platform: 'node',
  external: INSTALLED,
  resolve: { mainFields: ['module', 'main'] },
  plugins: [moduleAddresses(), licenses(), changesOnly()],
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
  if (file === undefined) throw new Error(`No license in ${folder}: name it in rolldown.config.ts`);
  const name = folder.slice(folder.lastIndexOf('node_modules') + 'node_modules/'.length);
  const text = await readFile(path.join(folder, file), 'utf8');
  return `${name}\n${'-'.repeat(60)}\n${text.trim()}`;
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
