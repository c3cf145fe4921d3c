import { RuntimeFailure } from '../../core/failure.ts';

/** Gives the value of an environment variable; undefined where it is unset. */
export type ReadVariable = (name: string) => Promise<string | undefined>;

/** The keys of upstreams, by the variables that hold them. */
export interface KeyRing {
  /**
   * The keys in `name`, `name_1`, `name_2` …, the one that last worked first.
   * Throws `backend-failed` where there is none.
   */
  keys(name: string): Promise<readonly string[]>;
  /** A key was taken: the next request begins with it. */
  worked(name: string, key: string): void;
}

/** A ring that has tried no key yet. */
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
    // What is read from a file often ends its line.
    found.push(key.trim());
  }
}

function unset(name: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `the upstream's key is missing: ${name} is not set; export it, or write ${name}=… into .env beside models.yaml`,
  );
}
