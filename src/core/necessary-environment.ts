/** Variables that the system needs to find libraries. */
const NECESSARY = /^(PATH|SystemRoot|LD_LIBRARY_PATH|DYLD_.*|TMPDIR|TEMP|TMP|NODE_V8_COVERAGE)$/i;

/** Environment of a child process that reads untrusted input: it needs no secrets, and no options for Node. */
export function necessaryEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => NECESSARY.test(name)));
}
