/** Variables with which a child process could ask this server, or start another like it. */
const OWN = ['PORTICO_API_KEYS', 'PORTICO_API_KEY_FILE'];

/**
 * Environment of a child process that works for somebody else: without the server's own keys, and without
 * the keys of model servers.
 *
 * @param variables that hold keys, as models.yaml names them; `NAME_1`, `NAME_2` … hold further ones
 */
export function environmentWithoutKeys(
  environment: NodeJS.ProcessEnv,
  variables: Iterable<string>,
): NodeJS.ProcessEnv {
  const removed = new Set([...OWN, ...variables]);
  const kept = Object.entries(environment).filter(
    ([name]) => !removed.has(name) && !removed.has(name.replace(/_\d+$/, '')),
  );
  return Object.fromEntries(kept);
}

const SECRET = /(?:^|_)(?:KEYS?|TOKENS?|SECRETS?|PASSWORD|PASSWD|CREDENTIALS?|AUTH)(?:_\d+)?$/i;

/** The same for a process that asks nobody: without any variable that holds a secret by its name. */
export function environmentWithoutSecrets(
  environment: NodeJS.ProcessEnv,
  variables: Iterable<string>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environmentWithoutKeys(environment, variables));
  return Object.fromEntries(kept.filter(([name]) => !SECRET.test(name)));
}
