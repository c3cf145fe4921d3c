import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** Where Portico keeps things; all absolute. None of them need exist yet. */
export interface Paths {
  readonly configFolder: string;
  readonly dataFolder: string;
  /** Where pulled GGUF files lie. */
  readonly modelsFolder: string;
  /** The user's models.yaml. */
  readonly registryFile: string;
}

/**
 * `PORTICO_HOME`, where it is set and not empty, holds `models.yaml`, `models/` and `data/`;
 * else these lie in the platform's own folders for configuration and for data.
 */
export function resolvePaths(environment: NodeJS.ProcessEnv): Paths {
  const home = environment['PORTICO_HOME'];
  if (home !== undefined && home !== '') {
    const folder = resolve(home);
    return {
      configFolder: folder,
      dataFolder: join(folder, 'data'),
      modelsFolder: join(folder, 'models'),
      registryFile: join(folder, 'models.yaml'),
    };
  }
  const platform = envPaths('portico', { suffix: '' });
  return {
    configFolder: platform.config,
    dataFolder: platform.data,
    modelsFolder: join(platform.data, 'models'),
    registryFile: join(platform.config, 'models.yaml'),
  };
}
