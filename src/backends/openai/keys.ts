import { RuntimeFailure } from '../../core/failure.ts';

/** Returns the value of an environment variable; undefined if it is not set. */
export type ReadVariable = (name: string) => Promise<string | undefined>;

/** Keys of upstreams, by their environment variables. */
export interface KeyRing {
  /**
   * Returns the keys in `name`, `name_1`, `name_2` …, with the last accepted one first.
   * Throws `backend-failed` if there is none.
   */
  keys(name: string): Promise<readonly string[]>;
  /** Notes that a key was accepted, so that the next request begins with it. */
  worked(name: string, key: string): void;
}

/** Creates a ring that has tried no key yet. */
export function createKeyRing(read: ReadVariable): KeyRing {
  const taken = new Map<string, string>();
  return {
    async keys(name) {
      const found = await readAll(name, read);
      if (found.length === 0) throw unset(name);
      const first = found.indexOf(taken.get(name) ?? '');
      return first <= 0 ? found : [...found.slice(first), ...found.slice(0, first)];
    },
    worked(name, key) {
      taken.set(name, key);
    },
  };
}

async function readAll(name: string, read: ReadVariable): Promise<readonly string[]> {
  const plain = await read(name);
  const found = plain === undefined ? [] : [plain.trim()];
  for (let number = 1; ; number++) {
    const key = await read(`${name}_${number}`);
    if (key === undefined) return [...new Set(found)];
    // A value from a file often ends with a line break.
    found.push(key.trim());
  }
}

function unset(name: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `the upstream's key is missing: ${name} is not set; export it, or write ${name}=… into .env beside models.yaml`,
  );
}
