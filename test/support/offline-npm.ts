/**
 * Variables for commands that tests start, by which npm and npx fail before they contact a registry:
 * `portico launch -y` would fetch an agent that is not on the machine. No cache has one either.
 */
export const OFFLINE_NPM: Readonly<Record<string, string>> = {
  npm_config_offline: 'true',
  npm_config_registry: 'http://127.0.0.1:9/',
  npm_config_cache: '/dev/null',
  npm_config_logs_max: '0',
};
