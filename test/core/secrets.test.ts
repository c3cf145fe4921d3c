import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { oneLine } from '../../src/core/one-line.ts';
import type * as Secrets from '../../src/core/secrets.ts';
import { cpuMsOf } from '../support/cpu-time.ts';

/** The module stores the secrets of a process, so each test has its own. */
let secrets: typeof Secrets;
beforeEach(async () => {
  vi.resetModules();
  secrets = await import('../../src/core/secrets.ts');
});
afterEach(() => vi.resetModules());

describe('a secret of this process', () => {
  it('is redacted wherever it occurs, as a log line has it too', () => {
    secrets.rememberSecret('own "key" 1');
    const line = JSON.stringify({ error: 'own "key" 1 is refused: own "key" 1' });
    expect(secrets.withoutSecrets('own "key" 1!')).toBe('[redacted]!');
    expect(secrets.withoutSecrets(line)).toBe('{"error":"[redacted] is refused: [redacted]"}');
  });

  it('is no short word', () => {
    secrets.rememberSecret('error');
    expect(secrets.withoutSecrets('an error')).toBe('an error');
  });

  it('is redacted in full if another one begins it or overlaps it', () => {
    for (const secret of ['abcdef', 'abcdefTAILSECRET', 'SECRET-and-more']) {
      secrets.rememberSecret(secret);
    }
    expect(secrets.withoutSecrets('<abcdefTAILSECRET>')).toBe('<[redacted]>');
    expect(secrets.withoutSecrets('<abcdefTAILSECRET-and-more>')).toBe('<[redacted]>');
    expect(secrets.withoutSecrets('<abcdef>')).toBe('<[redacted]>');
  });

  it('is redacted in the encodings that servers echo', () => {
    const key = 'zz/yy+xx ww=é';
    secrets.rememberSecret(key);
    expect(secrets.withoutSecrets(`?k=${encodeURIComponent(key)}&a`)).toBe('?k=[redacted]&a');
    expect(secrets.withoutSecrets(new URLSearchParams({ key }).toString())).toBe('key=[redacted]');
    for (const before of ['', 'u', 'me', 'user:', 'users:']) {
      for (const encoding of ['base64', 'base64url'] as const) {
        const encoded = Buffer.from(`${before}${key}; and more`).toString(encoding);
        const shown = secrets.withoutSecrets(encoded).split('[redacted]');
        expect(shown).toHaveLength(2);
        // What is left does not decode to three letters of the key in a row.
        const rest = shown.map((text) => Buffer.from(text, 'base64').toString());
        expect(rest.join()).not.toMatch(/zz\/|yy\+|xx |ww=/);
      }
    }
  });

  it('may be a part of the URL of a server', () => {
    const url = 'http://user:p%40ssword@127.0.0.1/v1?key=query-key&api-version=2024-10-21';
    secrets.rememberSecretsOfUrl(url);
    secrets.rememberSecretsOfUrl('http://alone-token@127.0.0.1/v1');
    expect(secrets.withoutSecrets('p@ssword p%40ssword query-key 2024-10-21 alone-token')).toBe(
      '[redacted] [redacted] [redacted] 2024-10-21 [redacted]',
    );
  });
});

describe('redaction', () => {
  it('covers the password of a URL', () => {
    const text = 'https://me:hunter2@host:8080/a failed, not http://host:8080/b@c';
    expect(secrets.withoutKeys(text)).toBe(text.replace('hunter2', '[redacted]'));
  });

  it.each([
    ['spaces', ' '],
    ['spaces after a name', 'api_key  '],
    ['line breaks', '\n'],
    ['beginnings of a token', 'eyJ-'],
    ['beginnings of a key', 'sk-'],
    ['bearers', 'bearer '],
    ['beginnings of URLs', '://a:'],
    ['names with white space', `secret${' '.repeat(5000)}`],
    ['names and equals signs', `secret=${' '.repeat(5000)}`],
    ['bearers with white space', `bearer${' '.repeat(5000)}`],
  ])('takes time that grows with the length only: %s', (_what, piece) => {
    const text = piece.repeat(400_000 / piece.length);
    expect(cpuMsOf(() => secrets.withoutKeys(text))).toBeLessThan(1000);
  });

  it('shows no part of a key that goes on past the characters that are shown', () => {
    secrets.rememberSecret('first-half-second-half');
    for (let length = 1; length < 40; length++) {
      const text = 'a key: first-half-second-half and bearer abcdef123456';
      const shown = secrets.withoutKeys(text, length);
      expect(shown).not.toMatch(/fir|sec|abc/);
      expect(secrets.withoutKeys(text).startsWith(shown.replace(/\[redacted\]$/, ''))).toBe(true);
    }
  });

  it('reads only the beginning of a text of which one line is quoted', () => {
    const text = `bad key sk-abcdefghijklmnop ${' x'.repeat(4_000_000)}`;
    expect(cpuMsOf(() => oneLine(text))).toBeLessThan(100);
    expect(oneLine(text)).toMatch(/^bad key \[redacted\] x x/);
    expect(oneLine(`${' '.repeat(8190)}bearer abcdefghijkl`)).not.toMatch(/abc/);
  });
});
