/** Template that changes a text or a list forty times. */
const grown = (first: string, next: string): string =>
  `{% set ns = namespace(x=${first}) %}{% for i in range(40) %}{% set ns.x = ${next} %}{% endfor %}{{ ns.x }}`;

/** Templates that take all memory, most of them in one step, by the feature that they misuse. */
export const GREEDY_TEMPLATES: Readonly<Record<string, string>> = {
  'the filter replace': grown("'a'", "ns.x|replace('a', 'aaaaaaaaaa')"),
  'the method replace': grown("'a'", "ns.x.replace('a', 'aaaaaaaaaa')"),
  'the filter join': grown("'a'", '[ns.x, ns.x, ns.x, ns.x]|join'),
  'split and join': grown("'aa'", "ns.x.split('a')|join('aaaaaa')"),
  'the operator ~': grown("'a'", 'ns.x ~ ns.x ~ ns.x ~ ns.x'),
  'the operator +': grown("'a'", 'ns.x + ns.x + ns.x + ns.x'),
  'lists and +': grown('[1]', 'ns.x + ns.x + ns.x + ns.x'),
  slices: grown('[1]', 'ns.x[:] + ns.x[::-1] + ns.x[0:]'),
  'nested lists as JSON': grown('[1, 2]', '[ns.x, ns.x]').replace(
    '{{ ns.x }}',
    '{{ ns.x|tojson }}',
  ),
  'text as JSON': grown("'\\\\\\\\'", '(ns.x|tojson) ~ (ns.x|tojson)'),
  'the indent of JSON': '{{ messages|tojson(indent=500000000) }}',
  'the filter indent': "{{ 'a\\nb\\nc'|indent(500000000) }}",
  'a macro': `{% macro m(x) %}{{ x }}{{ x }}{{ x }}{% endmacro %}${grown("'a'", 'm(ns.x)')}`,
  'a block': `{% set x = 'a' %}${'{% set x %}{{ x }}{{ x }}{{ x }}{{ x }}{% endset %}'.repeat(40)}{{ x }}`,
  'a filtered block': `${"{% filter replace('a', 'aaaaaaaa') %}".repeat(20)}a${'{% endfilter %}'.repeat(20)}`,
  'a range': '{{ range(2000000000)|list }}',
  'a product': "{{ 'a' * 2000000000 }}",
};
