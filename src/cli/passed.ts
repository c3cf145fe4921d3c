/** A command line, and what its user passes to an agent. */
export interface SplitCommandLine {
  readonly own: readonly string[];
  readonly passed: readonly string[];
}

/** Takes what stands behind the first `--` off a `launch`; commander would mix it with our own arguments. */
export function splitPassed(argv: readonly string[]): SplitCommandLine {
  const at = argv[0] === 'launch' ? argv.indexOf('--') : -1;
  return at < 0
    ? { own: argv, passed: [] }
    : { own: argv.slice(0, at), passed: argv.slice(at + 1) };
}
