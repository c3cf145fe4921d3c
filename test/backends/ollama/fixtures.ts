import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A request of ours and the answer it got. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** Absent in what was made by hand: any body. */
    readonly body?: unknown;
  };
  readonly response: {
    readonly status: number;
    readonly contentType: string;
    /** The body as it came: each piece, and how long after the request. */
    readonly chunks: readonly { readonly afterMs: number; readonly text: string }[];
    /** The connection breaks off behind the last piece; only made by hand. */
    readonly brokenOff?: boolean;
  };
}

export interface Fixture {
  readonly header: {
    /** Who answered: a real server with its version, or nobody. */
    readonly server: string;
    /** The day of the recording. */
    readonly date: string;
    readonly command: string;
    readonly handMade: boolean;
  };
  readonly exchanges: readonly Exchange[];
}

const FOLDER = path.resolve(import.meta.dirname, '../../fixtures/ollama');

function fileOf(name: string): string {
  return path.join(FOLDER, `${name}.json`);
}

/** All fixtures there are; those made by hand lie in a folder of their own. */
export function fixtureNames(): readonly string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length).replaceAll(path.sep, '/'));
}

export async function readFixture(name: string): Promise<Fixture> {
  return JSON.parse(await readFile(fileOf(name), 'utf8')) as Fixture;
}

export async function writeFixture(name: string, fixture: Fixture): Promise<void> {
  await writeFile(fileOf(name), `${JSON.stringify(fixture, undefined, 2)}\n`);
}
