import type { JsonValue } from '../core/json.ts';
import { answered, PROBE_TOOL, said, taking } from './probe.ts';
import type { Probe } from './probe.ts';
import type { CallTraits, TemplateTraits } from './template-traits.ts';

/**
 * Form of arguments that shows all values. llama.cpp's Jinja prints an object as nothing and a list without its
 * brackets, so a template that prints arguments with `{{ value }}` receives such values as JSON text.
 *
 * @param calls form of calls whose arguments are texts
 */
export function findArguments(
  probe: Probe,
  base: TemplateTraits,
  calls: CallTraits,
): CallTraits['arguments'] {
  if (calls.arguments !== 'object') return calls.arguments;
  const isShown = (form: CallTraits['arguments']) =>
    showsValues(probe, { ...base, calls: { ...calls, arguments: form } });
  return !isShown('object') && isShown('spelled') ? 'spelled' : 'object';
}

function showsValues(probe: Probe, traits: TemplateTraits): boolean {
  const rendered = (value: JsonValue) => probe.render(calling(value), traits) ?? '';
  return (
    isApart(rendered({ probe_inner: 'PROBE-O' }), 'probe_inner', 'PROBE-O') &&
    isApart(rendered(['PROBE-L', 'PROBE-M']), 'PROBE-L', 'PROBE-M') &&
    rendered(null) !== rendered('')
  );
}

/** Returns true if a text contains a word, and another one after it that does not follow at once. */
function isApart(text: string, word: string, other: string): boolean {
  const place = text.indexOf(word);
  return place !== -1 && text.lastIndexOf(other) > place + word.length;
}

function calling(value: JsonValue) {
  const call = {
    kind: 'tool-call',
    id: 'toolu_C',
    name: PROBE_TOOL.name,
    input: { probe_key: value },
  } as const;
  return taking([said('U')], [call], [answered('C', 'R')]);
}
