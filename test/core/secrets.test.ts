import { describe, expect, it } from 'vitest';
import { rememberSecret, withoutSecrets } from '../../src/core/secrets.ts';

describe('a secret of this process', () => {
  it('is redacted wherever it occurs, as a log line has it too', () => {
    rememberSecret('own "key" 1');
    const line = JSON.stringify({ error: 'own "key" 1 is refused: own "key" 1' });
    expect(withoutSecrets('own "key" 1!')).toBe('[redacted]!');
    expect(withoutSecrets(line)).toBe('{"error":"[redacted] is refused: [redacted]"}');
  });

  it('is no short word', () => {
    rememberSecret('error');
    expect(withoutSecrets('an error')).toBe('an error');
  });
});
