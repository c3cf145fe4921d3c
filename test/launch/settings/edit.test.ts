import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeChanges, undoSettings, writeSettings } from '../../../src/launch/settings/edit.ts';
import { covers } from '../../support/covers.ts';

const OURS = {
  env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:11435', ANTHROPIC_API_KEY: '' },
  permissions: { disableAutoMode: 'disable' },
} as const;

const THEIRS = `{
    "theme": "dark",
    "env": {
        "MINE": "1",
        "ANTHROPIC_BASE_URL": "https://gateway.example"
    },
    "permissions": { "deny": ["Bash(rm *)"] }
}
`;

/** Adds comments and a trailing comma, as a user may do after the change. */
const withComments = (text: string): string =>
  text
    .replace('"theme"', '// what I like\n    "theme"')
    .replace('"MINE": "1",', '"MINE": "1", // keep')
    .replace(/\}\n$/, ', }\n');

describe('writeSettings', () => {
  covers('R5.1-config');

  it('adds values and keeps the order and indentation of the others', () => {
    const { text, changes } = writeSettings(THEIRS, OURS, 's.json');
    expect(text).toContain('{\n    "theme": "dark",\n    "env": {\n        "MINE": "1",\n');
    expect(text).toContain('        "ANTHROPIC_BASE_URL": "http://127.0.0.1:11435"');
    expect(text).toContain('"deny": ["Bash(rm *)"]');
    expect(describeChanges(changes)).toBe(
      [
        '  - env.ANTHROPIC_BASE_URL: "https://gateway.example"',
        '  + env.ANTHROPIC_BASE_URL: "http://127.0.0.1:11435"',
        '  + env.ANTHROPIC_API_KEY: ""',
        '  + permissions.disableAutoMode: "disable"',
      ].join('\n'),
    );
  });

  it('hides keys in the description of changes', () => {
    const theirs = '{"env":{"ANTHROPIC_AUTH_TOKEN":"sk-secret","ANTHROPIC_API_KEY":"sk-secret"}}';
    const ours = { env: { ANTHROPIC_AUTH_TOKEN: 'sk-ours', ANTHROPIC_API_KEY: '' } };
    expect(describeChanges(writeSettings(theirs, ours, 's.json').changes)).toBe(
      [
        '  - env.ANTHROPIC_AUTH_TOKEN: (not shown)',
        '  + env.ANTHROPIC_AUTH_TOKEN: (not shown)',
        '  - env.ANTHROPIC_API_KEY: (not shown)',
        '  + env.ANTHROPIC_API_KEY: ""',
      ].join('\n'),
    );
  });

  it.each([[undefined], [''], ['  \n'], ['{}\n']])('creates settings from %j', (text) => {
    expect(JSON.parse(writeSettings(text, OURS, 's.json').text)).toEqual(OURS);
  });

  it('changes nothing if all values are set already', () => {
    const { text } = writeSettings(THEIRS, OURS, 's.json');
    expect(writeSettings(text, OURS, 's.json')).toEqual({ text, changes: [] });
  });

  it('keeps tabs and the line endings of Windows', () => {
    const { text } = writeSettings('{\r\n\t"a": 1\r\n}\r\n', OURS, 's.json');
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(text).toContain('\r\n\t\t"ANTHROPIC_API_KEY": ""');
  });
});

describe('undoSettings', () => {
  covers('R5.1-restore');

  it('restores earlier values, and keeps what was changed since', () => {
    const { text, changes } = writeSettings(THEIRS, OURS, 's.json');
    const later = withComments(text)
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

  it('removes empty groups except those with a comment', () => {
    const { text: filled, changes } = writeSettings('{}', OURS, 's.json');
    const commented = filled.replace(/(?=\n  \},\n)/, ' // mine');
    const { text } = undoSettings(commented, changes, 's.json');
    expect(text).toContain('// mine');
    expect(text).not.toContain('permissions');
  });

  it.each([
    ['{ "env": null, "permissions": null }'],
    ['\uFEFF{\r\n  "env": null\r\n}\r\n'],
    ['\uFEFF{"theme": "dark"}'],
  ])('restores %j exactly', (theirs) => {
    const { text, changes } = writeSettings(theirs, OURS, 's.json');
    expect(JSON.parse(text.replace('\uFEFF', ''))).toMatchObject(OURS);
    expect(text.startsWith('\uFEFF')).toBe(theirs.startsWith('\uFEFF'));
    const { text: undone, kept } = undoSettings(text, changes, 's.json');
    expect({ undone, kept }).toEqual({ undone: theirs, kept: [] });
  });

  it('keeps a group that was null if it has new values', () => {
    const { text, changes } = writeSettings('{ "env": null }', OURS, 's.json');
    const later = text.replace('"ANTHROPIC_API_KEY": ""', '"MINE": "1", "ANTHROPIC_API_KEY": ""');
    const { text: undone, kept } = undoSettings(later, changes, 's.json');
    expect({ ...JSON.parse(undone), kept }).toEqual({ env: { MINE: '1' }, kept: [] });
  });

  it('restores any generated settings exactly', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.constantFrom('a', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY', 'disableAutoMode');
    const group = fc.dictionary(key, leaf, { minKeys: 1, noNullPrototype: true });
    const theirs = fc.record(
      { env: group, permissions: group, hooks: fc.array(leaf), theme: leaf },
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

describe('a settings file', () => {
  covers('R5.1-broken');

  it.each([
    [
      '{\n  "env": {\n',
      /^s\.json:3:1: this is not valid JSON \(\w+\); correct it\. Nothing was changed\.$/,
    ],
    ['{ "a": tru }', /^s\.json:1:8: this is not valid JSON/],
    ['{ "a": 1 } x', /^s\.json:1:12: this is not valid JSON/],
    ['{ "a": 1,, "b": 2 }', /^s\.json:1:10: this is not valid JSON/],
    [
      '{\n  "a": 1, // mine\n}',
      /^s\.json:2:11: Claude Code ignores a settings file with comments; remove/,
    ],
    ['{ /* mine */ "a": 1 }', /^s\.json:1:3: Claude Code ignores a settings file with comments/],
    [
      '{\n  "a": 1,\n}\n',
      /^s\.json:2:9: Claude Code ignores a settings file with a comma before a closing/,
    ],
    ['{ "a": [1,] }', /^s\.json:1:10: Claude Code ignores a settings file with a comma before/],
    ['[]', /^s\.json: this is not a JSON object; correct it\. Nothing was changed\.$/],
    ['"x"', /^s\.json: this is not a JSON object/],
    [
      '{"env": ["A=1"]}',
      /^s\.json: 'env' is not a JSON object, so Claude Code ignores the whole file; correct/,
    ],
    ['{"permissions": []}', /^s\.json: 'permissions' is not a JSON object/],
    ['{"permissions": {"allow": "Bash"}}', /^s\.json: 'permissions\.allow' is not a list/],
    ['{"model": null}', /^s\.json: 'model' is not a text/],
    ['{"env": {}, "env": {}}', /^s\.json:1:13: 'env' is here twice; remove one/],
    ['{"env": {"A": "1", "A": "2"}}', /^s\.json:1:20: 'A' is here twice/],
    ['\uFFFD\uFFFD{\0}\0', /^s\.json: this is not UTF-8 text; save it as UTF-8/],
  ])('is refused if Claude Code would ignore or misread it: %j', (text, message) => {
    expect(() => writeSettings(text, OURS, 's.json')).toThrow(message);
    expect(() => writeSettings(text, {}, 's.json')).toThrow(message);
  });

  it('is refused exactly if JSON.parse refuses its text', () => {
    const marks = `{ } [ ] , : "a" "b" 1 - .5 e3 01 null NaN 'a' "\\x" \\u0041 /*c*/`.split(' ');
    const blanks = [' ', '\n', '\t', '\v', '\u00A0', '//c\n', '"\t"'];
    const piece = fc.constantFrom(...marks, ...blanks);
    const values = fc.oneof(fc.array(piece, { maxLength: 4 }), fc.constantFrom(['1'], ['[1]']));
    fc.assert(
      fc.property(values, values, (before, value) => {
        const text = `{${before.join('')}"z":${value.join('')}}`;
        const isJson = isParsed(() => JSON.parse(text));
        expect(isParsed(() => writeSettings(text, {}, 's.json'))).toBe(isJson);
      }),
    );
  });
});

function isParsed(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
