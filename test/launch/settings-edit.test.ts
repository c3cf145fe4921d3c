import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeChanges, undoSettings, writeSettings } from '../../src/launch/settings-edit.ts';

const OURS = {
  env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:11435', ANTHROPIC_API_KEY: '' },
  permissions: { disableAutoMode: 'disable' },
} as const;

const THEIRS = `{
    // what I like
    "theme": "dark",
    "env": {
        "MINE": "1", // keep
        "ANTHROPIC_BASE_URL": "https://gateway.example"
    },
    "permissions": { "deny": ["Bash(rm *)"] },
}
`;

describe('[R5.1-config] our part in a settings file', () => {
  it('comes into it beside theirs, whose comments, order and indentation stay', () => {
    const { text, changes } = writeSettings(THEIRS, OURS, 's.json');
    expect(text).toContain('// what I like\n    "theme": "dark"');
    expect(text).toContain('"MINE": "1", // keep');
    expect(text).toContain('        "ANTHROPIC_BASE_URL": "http://127.0.0.1:11435"');
    expect(text).toContain('"deny": ["Bash(rm *)"]');
    expect(describeChanges(changes)).toBe(
      [
        '  - env.ANTHROPIC_BASE_URL: "https://gateway.example"',
        '  + env.ANTHROPIC_BASE_URL: "http://127.0.0.1:11435"',
        '  + env.ANTHROPIC_API_KEY: ""',
        '  + permissions.disableAutoMode: "disable"',
        '',
      ].join('\n'),
    );
  });

  it('is shown without keys', () => {
    const theirs = '{"env":{"ANTHROPIC_AUTH_TOKEN":"sk-secret","ANTHROPIC_API_KEY":"sk-secret"}}';
    const ours = { env: { ANTHROPIC_AUTH_TOKEN: 'sk-ours', ANTHROPIC_API_KEY: '' } };
    expect(describeChanges(writeSettings(theirs, ours, 's.json').changes)).toBe(
      [
        '  - env.ANTHROPIC_AUTH_TOKEN: (not shown)',
        '  + env.ANTHROPIC_AUTH_TOKEN: (not shown)',
        '  - env.ANTHROPIC_API_KEY: (not shown)',
        '  + env.ANTHROPIC_API_KEY: ""',
        '',
      ].join('\n'),
    );
  });

  it.each([[undefined], [''], ['  \n'], ['{}\n']])('makes a file of %j', (text) => {
    expect(JSON.parse(writeSettings(text, OURS, 's.json').text)).toEqual(OURS);
  });

  it('changes nothing where it is there already', () => {
    const { text } = writeSettings(THEIRS, OURS, 's.json');
    expect(writeSettings(text, OURS, 's.json')).toEqual({ text, changes: [] });
  });

  it('keeps the line ends and the tabs of Windows', () => {
    const { text } = writeSettings('{\r\n\t"a": 1\r\n}\r\n', OURS, 's.json');
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(text).toContain('\r\n\t\t"ANTHROPIC_API_KEY": ""');
  });
});

describe('[R5.1-restore] taking it out', () => {
  it('gives what was there, and leaves what was changed since', () => {
    const { text, changes } = writeSettings(THEIRS, OURS, 's.json');
    const later = text
      .replace('"theme": "dark"', '"theme": "light"')
      .replace('"ANTHROPIC_API_KEY": ""', '"ANTHROPIC_API_KEY": "sk-mine"');
    const undone = undoSettings(later, changes, 's.json');
    expect(undone.kept.map(({ path }) => path)).toEqual([['env', 'ANTHROPIC_API_KEY']]);
    expect(undone.text).toContain('"theme": "light"');
    expect(undone.text).toContain('"ANTHROPIC_BASE_URL": "https://gateway.example"');
    expect(undone.text).toContain('"ANTHROPIC_API_KEY": "sk-mine"');
    expect(undone.text).not.toContain('disableAutoMode');
    expect(undone.text).toContain('"MINE": "1", // keep');
  });

  it('leaves no empty groups, but those with a comment of theirs', () => {
    const { changes } = writeSettings('{}', OURS, 's.json');
    const filled = writeSettings('{\n  "env": {\n    // mine\n  }\n}', OURS, 's.json').text;
    const { text } = undoSettings(filled, changes, 's.json');
    expect(text).toContain('// mine');
    expect(text).not.toContain('permissions');
  });

  it('is the inverse, whatever theirs are', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.constantFrom('a', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY', 'disableAutoMode');
    const group = fc.dictionary(key, leaf, { minKeys: 1, noNullPrototype: true });
    const theirs = fc.record(
      { env: group, permissions: group, hooks: fc.array(leaf), model: leaf },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(theirs, fc.constantFrom(0, 2, 4), (settings, indent) => {
        const before = JSON.stringify(settings, undefined, indent);
        const { text, changes } = writeSettings(before, OURS, 's.json');
        expect(JSON.parse(text)).toMatchObject(OURS);
        const undone = undoSettings(text, changes, 's.json');
        expect(undone.kept).toEqual([]);
        expect(JSON.parse(undone.text)).toEqual(settings);
      }),
    );
  });
});

describe('[R5.1-broken] a settings file that is', () => {
  it.each([
    ['{\n  "env": {\n', /^s\.json:3:1: this is not valid JSON \(\w+\); correct it, nothing was/],
    ['{ "a": tru }', /^s\.json:1:8: this is not valid JSON/],
    ['[]', /^s\.json: this is no JSON object; correct it, nothing was changed/],
    ['{"env": ["A=1"]}', /^s\.json: 'env' is no JSON object; correct it, nothing was changed/],
  ])('%j is refused', (text, message) => {
    expect(() => writeSettings(text, OURS, 's.json')).toThrow(message);
  });
});
