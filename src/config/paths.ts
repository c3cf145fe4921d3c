import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** Absolute paths of Portico's files and folders, which need not exist yet. */
export interface Paths {
  readonly configFolder: string;
  readonly dataFolder: string;
  /** Folder of engines that `portico engine install` has installed. */
  readonly enginesFolder: string;
  /** Folder of pulled GGUF files. */
  readonly modelsFolder: string;
  /** The user's models.yaml. */
  readonly registryFile: string;
}

/**
 * Paths inside `PORTICO_HOME` (`models.yaml`, `models/` and `data/`) if it is set and not empty; else in
 * the platform's folders for configuration and data.
 */
export function resolvePaths(environment: NodeJS.ProcessEnv): Paths {
  const home = environment['PORTICO_HOME'];
  if (home !== undefined && home !== '') {
    const folder = resolve(home);
    return {
      configFolder: folder,
      dataFolder: join(folder, 'data'),
      enginesFolder: join(folder, 'data', 'engines'),
      modelsFolder: join(folder, 'models'),
      registryFile: join(folder, 'models.yaml'),
    };
  }
  const platform = envPaths('portico', { suffix: '' });
  return {
    configFolder: platform.config,
    dataFolder: platform.data,
    enginesFolder: join(platform.data, 'engines'),
    modelsFolder: join(platform.data, 'models'),
    registryFile: join(platform.config, 'models.yaml'),
  };
}
