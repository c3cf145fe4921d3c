import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolvePaths } from '../../src/config/paths.ts';
import { covers } from '../support/covers.ts';

describe('where things lie', () => {
  covers('R2.2-home');

  it('is right in PORTICO_HOME', () => {
    const home = resolve('somewhere');
    expect(resolvePaths({ PORTICO_HOME: 'somewhere' })).toEqual({
      configFolder: home,
      dataFolder: join(home, 'data'),
      enginesFolder: join(home, 'data', 'engines'),
      modelsFolder: join(home, 'models'),
      registryFile: join(home, 'models.yaml'),
    });
  });

  it.each([[{}], [{ PORTICO_HOME: '' }]])('is the platform’s folders with %o', (environment) => {
    const { configFolder, dataFolder, modelsFolder, registryFile } = resolvePaths(environment);
    expect(configFolder.toLowerCase()).toContain('portico');
    expect(configFolder).not.toBe(dataFolder);
    expect(configFolder).not.toContain('nodejs');
    expect(registryFile).toBe(join(configFolder, 'models.yaml'));
    expect(modelsFolder).toBe(join(dataFolder, 'models'));
  });
});
