/** Variables with this server's own keys. */
const OWN = ['PORTICO_API_KEYS', 'PORTICO_API_KEY_FILE'];

/**
 * Environment of a child process of a third party, without the keys of this server and of model servers.
 *
 * @param variables variables with keys, from models.yaml; `NAME_1`, `NAME_2` … contain further ones
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

/** Last words of variable names that mean a secret; `PWD` alone is the working folder. */
const SECRET =
  /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|_CRED|_AUTH|^AUTH|_PASS|^PASS|_PWD|_PAT|^PAT|COOKIE|_DSN|_JWT|_BEARER|SSH_AUTH_SOCK)S?(?:_\d+)?$/i;

/** URL with a user or a password, such as that of a database or a proxy. */
const WITH_USER = /:\/\/[^\s/@]+@/;

/** Environment of a process that needs no credentials: without variables whose name or value means a secret. */
export function environmentWithoutSecrets(
  environment: NodeJS.ProcessEnv,
  variables: Iterable<string>,
): NodeJS.ProcessEnv {
  const kept = Object.entries(environmentWithoutKeys(environment, variables));
  return Object.fromEntries(
    kept.filter(([name, value = '']) => !SECRET.test(name) && !WITH_USER.test(value)),
  );
}
