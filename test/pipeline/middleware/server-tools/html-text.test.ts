import { describe, expect, it } from 'vitest';
import type { Conversation, Part, Turn } from '../../../../src/core/conversation.ts';
import { htmlText } from '../../../../src/pipeline/middleware/server-tools/html-text.ts';
import { isNamed } from '../../../../src/pipeline/middleware/server-tools/prior-urls.ts';
import { cpuMsOf } from '../../../support/cpu-time.ts';
import { covers } from '../../../support/covers.ts';

describe('the text of a page', () => {
  covers('R5.7-fetch');

  it.each([
    ['<p>One<br>two</p><p>three</p>', 'One\ntwo\n\nthree'],
    ['<h2>Head</h2><ul><li>a<li>b</ul>', '## Head\n\n- a\n- b'],
    ['a<script>if (1 < 2) {"</p>"}</script>b', 'ab'],
    ['İ<script>secret()</script>İ', 'İİ'],
    ['<pre>a\n  b\n</pre>', 'a\n  b'],
    ['caf&eacute; &rarr; x', 'café → x'],
    ['<b title="a > b">x</b>', 'x'],
    ['<p>a</p><p hidden>b</p><p style="display:none">c</p><template>d</template>', 'a'],
    ['<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>', 'a b\nc'],
    ['a <!-- <p>gone</p> --> b', 'a b'],
    ['x &lt;y&gt; &amp;amp; &#65;&#x42;&unknown;', 'x <y> &amp; AB&unknown;'],
    ['1 < 2 and <b>bold</b>', '1 < 2 and bold'],
    ['<script>never closed', ''],
    [
      'a<SCRIPT>b</SCRIPT><style>p { color: red }</style><noscript><p>Turn it on</p></noscript>c',
      'ac',
    ],
    ['a<svg><text>b</text></svg><iframe>c</iframe><select><option>d</select><nav>e</nav>f', 'af'],
    ['a<p style="Visibility:hidden">b</p><div hidden=""><p>c</p></div><img alt="d">', 'ad'],
  ])('%s', (html, said) => {
    expect(htmlText(html).text).toBe(said);
  });

  it('has the title of the page', () => {
    const html = '<html><head><title>A &amp; B</title></head><body>x</body></html>';
    expect(htmlText(html)).toEqual({ title: 'A & B', text: 'x' });
  });

  it('contains the URLs of links, so that web_fetch may follow them', () => {
    const html =
      '<a href="../b?x=1#y">b</a> <a href="javascript:x()">c</a> <a href="#d">d</a> ' +
      '<a href="//e.org/f">e</a>';
    const said = htmlText(html, 'https://a.org/x/y/').text;
    expect(said).toBe('b [https://a.org/x/b?x=1] c d e [https://e.org/f]');
    const output: readonly Part[] = [{ kind: 'text', text: said }];
    const read: Part = { kind: 'tool-result', callId: 'a', output, isError: false };
    const turns: readonly Turn[] = [{ role: 'user', parts: [read] }];
    const conversation: Conversation = { system: [], tools: [], turns };
    expect(isNamed('https://a.org/x/b?x=1', conversation)).toBe(true);
    expect(isNamed('https://a.org/x/c', conversation)).toBe(false);
  });

  it.each([
    ['https://b.org/r/', 'c [https://b.org/r/c] d [https://e.org/d]'],
    ['/r/', 'c [https://a.org/r/c] d [https://e.org/d]'],
    ['javascript:x()', 'c [https://a.org/x/c] d [https://e.org/d]'],
  ])('resolves links against the base that a page names: %s', (base, said) => {
    const html =
      `<head><base target="_blank"><base href="${base}"><base href="https://f.org/"></head>` +
      '<a href="c">c</a> <a href="https://e.org/d">d</a>';
    expect(htmlText(html, 'https://a.org/x/y').text).toBe(said);
  });

  it('takes linear time, even for a page built to take forever', () => {
    const took = cpuMsOf(() => {
      for (const part of ['<p ', '<div>', '<p><a href="/x">w</a></p>']) {
        htmlText(part.repeat(1_000_000 / part.length));
      }
    });
    expect(took).toBeLessThan(10_000);
  });
});
