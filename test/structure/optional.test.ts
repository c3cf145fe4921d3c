import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/optional.ts';

describe('[R2.0-optional] an optional tool', () => {
  it('that is there is used', () => {
    expect(isMissing('node', 'TOOL', { TOOL: process.execPath }, expect.unreachable)).toBe(false);
  });

  it.each([
    ['is not set', {}],
    ['names /nowhere/python', { TOOL: '/nowhere/python' }],
  ])('whose variable %s is one loud line', (reason, environment) => {
    const lines: string[] = [];
    expect(isMissing('Python', 'TOOL', environment, (line) => lines.push(line))).toBe(true);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trim().split('\n')).toHaveLength(1);
    expect(lines[0]).toMatch(`!!! SKIPPED: Python: TOOL ${reason}`);
  });

  it('that is missing fails where all are required', () => {
    expect(() => isMissing('Python', 'TOOL', { PORTICO_REQUIRE_ALL: '1' })).toThrow('SKIPPED');
  });
});
