/** A command line, and what its user passes on: to an agent, or to the server of a service. */
export interface SplitCommandLine {
  readonly own: readonly string[];
  readonly passed: readonly string[];
}

const PASSING = ['launch', 'service'];

/** Takes what follows the first `--` off commands that pass it on; commander would mix it with our own arguments. */
export function splitPassed(argv: readonly string[]): SplitCommandLine {
  const at = PASSING.includes(argv[0] ?? '') ? argv.indexOf('--') : -1;
  return at < 0
    ? { own: argv, passed: [] }
    : { own: argv.slice(0, at), passed: argv.slice(at + 1) };
}
