import { describe, expect, it } from 'vitest';
import {
  environmentWithoutKeys,
  environmentWithoutSecrets,
} from '../../src/config/child-environment.ts';

const HARMLESS = {
  PATH: '/bin',
  CUDA_VISIBLE_DEVICES: '0',
  KEYBOARD: 'de',
  PWD: '/home/user',
  COMPASS: 'north',
  HOME_PAGE: 'http://127.0.0.1/@user',
  PORTICO_THREADS: '2',
};

const OTHERS = {
  GITHUB_TOKEN: 'e',
  OPENAI_API_KEY_2: 'f',
  SOMETHING_PASSPHRASE: 'g',
  SERVICE_APIKEY: 'h',
  DB_PWD: 'i',
  GIT_PAT: 'j',
  SESSION_COOKIES: 'k',
  SSH_AUTH_SOCK: '/agent',
  DATABASE_URL: 'postgres://user:password@127.0.0.1/db',
};

const ENVIRONMENT = {
  ...HARMLESS,
  ...OTHERS,
  PORTICO_API_KEYS: 'a,b',
  PORTICO_API_KEY_FILE: '/keys',
  TEAM_LOGIN: 'c',
  TEAM_LOGIN_1: 'd',
};

describe('the environment of a child process', () => {
  it('has no keys of this server and of model servers', () => {
    expect(environmentWithoutKeys(ENVIRONMENT, ['TEAM_LOGIN'])).toEqual({ ...HARMLESS, ...OTHERS });
  });

  it('contains no variable with a secret’s name if the process contacts no server', () => {
    expect(environmentWithoutSecrets(ENVIRONMENT, ['TEAM_LOGIN'])).toEqual(HARMLESS);
  });
});
