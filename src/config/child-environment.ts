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

/** Names of secrets, as their last word; `PWD` alone is the working folder. */
const SECRET =
  /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|_CRED|_AUTH|^AUTH|_PASS|^PASS|_PWD|_PAT|^PAT|COOKIE|_DSN|_JWT|_BEARER|SSH_AUTH_SOCK)S?(?:_\d+)?$/i;

/** A URL with a user or a password, as of a database or a proxy. */
const WITH_USER = /:\/\/[^\s/@]+@/;

/** The same for a process that asks nobody: without any variable that holds a secret by its name or value. */
export function environmentWithoutSecrets(
  environment: NodeJS.ProcessEnv,
  variables: Iterable<string>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environmentWithoutKeys(environment, variables));
  return Object.fromEntries(
    kept.filter(([name, value = '']) => !SECRET.test(name) && !WITH_USER.test(value)),
  );
}
