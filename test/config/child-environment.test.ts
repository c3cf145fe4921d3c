import { describe, expect, it } from 'vitest';
import {
  environmentWithoutKeys,
  environmentWithoutSecrets,
} from '../../src/config/child-environment.ts';

const ENVIRONMENT = {
  PATH: '/bin',
  CUDA_VISIBLE_DEVICES: '0',
  KEYBOARD: 'de',
  PORTICO_THREADS: '2',
  PORTICO_API_KEYS: 'a,b',
  PORTICO_API_KEY_FILE: '/keys',
  TEAM_LOGIN: 'c',
  TEAM_LOGIN_1: 'd',
  GITHUB_TOKEN: 'e',
  OPENAI_API_KEY_2: 'f',
};

describe('the environment of a child process', () => {
  it('has no keys of this server and of model servers', () => {
    const { PORTICO_API_KEYS, PORTICO_API_KEY_FILE, TEAM_LOGIN, TEAM_LOGIN_1, ...rest } =
      ENVIRONMENT;
    expect(environmentWithoutKeys(ENVIRONMENT, ['TEAM_LOGIN'])).toEqual(rest);
  });

  it('has nothing that is called a secret if the process asks nobody', () => {
    expect(environmentWithoutSecrets(ENVIRONMENT, ['TEAM_LOGIN'])).toEqual({
      PATH: '/bin',
      CUDA_VISIBLE_DEVICES: '0',
      KEYBOARD: 'de',
      PORTICO_THREADS: '2',
    });
  });
});
