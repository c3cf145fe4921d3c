import { describe, expect, it } from 'vitest';
import { findOnPath, isMissing } from '../support/optional.ts';

describe('[R2.0-optional] an optional tool', () => {
  it('that is there is used', () => {
    expect(isMissing('node', process.execPath, '', {}, expect.unreachable)).toBe(false);
  });

  it.each([
    ['that nobody named', undefined, 'Python is not here: install it'],
    ['that is not where it was said', '/nowhere/python', 'Python is not at /nowhere/python: inst'],
  ])('%s is one loud line', (_case, file, text) => {
    const lines: string[] = [];
    expect(isMissing('Python', file, 'install it', {}, (line) => lines.push(line))).toBe(true);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trim().split('\n')).toHaveLength(1);
    expect(lines[0]).toContain(`!!! SKIPPED: ${text}`);
  });

  it('that is missing fails where all are required', () => {
    const required = { PORTICO_REQUIRE_ALL: '1' };
    expect(() => isMissing('Python', undefined, 'install it', required)).toThrow('SKIPPED');
  });

  it('is found on the PATH', () => {
    expect(findOnPath('no-such-program')).toBeUndefined();
    expect(findOnPath('node')).toMatch(/node$/);
  });
});
