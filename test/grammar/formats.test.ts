import { describe, expect, it } from 'vitest';
import { compileGrammar } from '../formats/native-grammar.ts';
import { grammarOf } from './compile.ts';
import { covers } from '../support/covers.ts';

interface Row {
  readonly format: string;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    format: 'ipv6',
    good: ['::', '::1', 'fe80::a', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::ffff:10.0.0.255'],
    bad: ['1', '1:2', ':::', '1::2::3', '12345::', 'fe80::/64', '1:2:3:4:5:6:7:8:9', '::1.2.3'],
  },
  {
    format: 'duration',
    good: ['P3D', 'PT1H30M', 'P1Y2M3DT4H5M6S', 'P2W', 'PT0S'],
    bad: ['', 'P', 'PT', '3D', 'P1YT', 'P1H', 'PT1D', 'P1Y2W', 'PT1H2S'],
  },
  { format: 'json-pointer', good: ['', '/', '/a/b~0~1', '/ü"\\'], bad: ['a', '#/a', '/~', '/~2'] },
  {
    format: 'relative-json-pointer',
    good: ['0', '1/a', '12#'],
    bad: ['', '/a', '01', '-1', '0##'],
  },
  {
    format: 'uri',
    good: [
      'https://a.example:80/b%20c?d=e#f',
      'mailto:a@b.example',
      'urn:isbn:1',
      'http://[::1]/x',
      'file:///etc/x',
    ],
    bad: ['/a', 'a', 'http://a b', 'http://a/é', 'http://a:b/', 'http://a/%2', 'http:/[::1]', 'x:'],
  },
  {
    format: 'uri-reference',
    good: ['', '/a', 'a/b', '//h/p', '#f', '?q'],
    bad: ['1:b', '\\a', '/[]'],
  },
  { format: 'iri', good: ['https://münchen.example/straße'], bad: ['//a', 'https://a b'] },
  { format: 'iri-reference', good: ['/straße'], bad: ['/a b'] },
  { format: 'uri-template', good: ['/a/{b}{?c,d*}', '{e:3}'], bad: ['{', '{}', 'a b', '{a,}'] },
  { format: 'hostname', good: ['a.example', 'localhost'], bad: ['-a', 'a-', 'a..b', 'a_b', ''] },
  {
    format: 'idn-hostname',
    good: ['münchen.example', '例え.テスト', 'a-b', 'xn--mnchen-3ya'],
    bad: ['-ä', 'ä-', 'a..b', 'a b', '', 'ä.'],
  },
];

describe('a format', () => {
  covers('R3.3-bounds');

  it.each(ROWS)('$format admits its texts and no others', async ({ format, good, bad }) => {
    const admits = await compileGrammar(grammarOf({ format }).grammar);
    expect(good.filter((text) => !admits(JSON.stringify(text)))).toEqual([]);
    expect(bad.filter((text) => admits(JSON.stringify(text)))).toEqual([]);
    expect(admits('12') && admits('{}')).toBe(true);
  });
});
