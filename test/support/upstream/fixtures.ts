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
    /** Seconds, as the header says; only made by hand. */
    readonly retryAfter?: string;
    /** The body as it came: each piece, and how long after the request. */
    readonly chunks: readonly { readonly afterMs: number; readonly text: string }[];
    /** The client left before the end, so the answer is incomplete. Without a status it had not begun. */
    readonly abandoned?: boolean;
    /** The connection breaks off after the last piece; only made by hand. */
    readonly brokenOff?: boolean;
  };
}

export interface Fixture {
  readonly header: {
    /** Answering server with its version; `none` if made by hand. */
    readonly server: string;
    /** The day of the recording. */
    readonly date: string;
    readonly command: string;
    readonly handMade: boolean;
  };
  readonly exchanges: readonly Exchange[];
}

/** The fixtures of one kind of server, each a file; those made by hand lie in a folder of their own. */
export interface Fixtures {
  readonly names: () => readonly string[];
  readonly read: (name: string) => Promise<Fixture>;
  readonly write: (name: string, fixture: Fixture) => Promise<void>;
}

/** The fixtures in `test/fixtures/<server>`. */
export function fixturesOf(server: string): Fixtures {
  const folder = path.resolve(import.meta.dirname, '../../fixtures', server);
  const fileOf = (name: string): string => path.join(folder, `${name}.json`);
  return {
    names: () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length).replaceAll(path.sep, '/')),
    read: async (name) => JSON.parse(await readFile(fileOf(name), 'utf8')) as Fixture,
    write: (name, fixture) => writeFile(fileOf(name), `${JSON.stringify(fixture, undefined, 2)}\n`),
  };
}
