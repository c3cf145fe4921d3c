import { isDeepStrictEqual } from 'node:util';
import type { ChatFormat } from '../formats/format.ts';
import { findArguments } from './nested-arguments.ts';
import { CALL, PROBE_TOOL, answered, called, said, taking } from './probe.ts';
import type { Probe } from './probe.ts';
import type { CallTraits, TemplateTraits } from './template-traits.ts';

const TWO_CALLS = taking(
  [said('U')],
  [called('C'), called('D')],
  [answered('C', 'R'), answered('D', 'Q')],
);

const OTHER_CALL = {
  kind: 'tool-call',
  id: 'toolu_D',
  name: 'probe_other',
  input: { probe_key: 'PROBE-D' },
} as const;
/** Calls of two tools, and their results. */
const UNLIKE_CALLS = taking(
  [said('U')],
  [called('C'), OTHER_CALL],
  [answered('C', 'R'), answered('D', 'Q')],
);

/** Calls as most templates take them. */
export const PLAIN_CALLS: CallTraits = {
  arguments: 'object',
  ids: 'kept',
  noContent: '',
  parallel: true,
  results: 'together',
  text: 'beside',
  lead: '',
  afterResults: 'user',
};
const FORMS = ['object', 'text', 'written'] as const;
const IDS = ['kept', 'short'] as const;
const NO_CONTENT = ['', null] as const;

/** The form of calls, and the probe that shows them: some templates render calls only beside tools. */
export function findTalk(
  probe: Probe,
  format: ChatFormat,
  base: TemplateTraits,
): { readonly talk: Probe; readonly calls?: CallTraits } | undefined {
  for (const results of ['together', 'written'] as const) {
    for (const talk of [probe, probe.offering()]) {
      const calls = findCalls(talk, format, base, results);
      if (calls !== undefined) return { talk, calls: withNames(talk, base, calls) };
    }
  }
  return undefined;
}

/** First form of calls that the template renders completely with results, preferably with arguments as JSON. */
function findCalls(
  probe: Probe,
  { tools }: ChatFormat,
  base: TemplateTraits,
  results: CallTraits['results'],
): CallTraits | undefined {
  const forms = tools?.writesAlways === true ? (['written'] as const) : FORMS;
  const styles = forms
    .flatMap((form) =>
      IDS.flatMap((ids) =>
        NO_CONTENT.map((noContent) => ({
          ...PLAIN_CALLS,
          results,
          arguments: form,
          ids,
          noContent,
        })),
      ),
    )
    .filter((calls) => probe.shows(CALL, { ...base, calls }));
  const asWritten = (calls: CallTraits) => probe.render(CALL, { ...base, calls }) ?? '';
  const first = styles.find((calls) => !BENT_JSON.test(asWritten(calls))) ?? styles[0];
  if (first === undefined) return undefined;
  // Some templates render an empty message after calls if the content is an empty text.
  const style =
    styles.find(
      (one) =>
        isDeepStrictEqual({ ...one, noContent: first.noContent }, first) &&
        asWritten(one).length < asWritten(first).length,
    ) ?? first;
  const written = asWritten(style);
  // The template generates its own call ids, so the ids in results have to match them.
  const indexed = written.includes('functions.probe_call:0') && written.includes('toolu_C');
  const form = findArguments(probe, base, style);
  return [true, false]
    .map((parallel): CallTraits => ({
      ...style,
      arguments: form,
      parallel,
      ...(indexed && { ids: 'indexed' }),
    }))
    .find((calls) => probe.shows(TWO_CALLS, { ...base, calls }));
}

/** Call traits with results after each call if the template names results after the last call. */
function withNames(probe: Probe, base: TemplateTraits, calls: CallTraits): CallTraits {
  const apart: CallTraits = { ...calls, parallel: false, results: 'interleaved' };
  const namesWrong = (style: CallTraits) => {
    const rendered = probe.render(UNLIKE_CALLS, { ...base, calls: style }) ?? '';
    const [before = '', after = ''] = rendered.split('PROBE-R');
    const name = before.split(/PROBE-[CD]/).at(-1) ?? '';
    const isOther = name.includes(OTHER_CALL.name) && !name.includes(PROBE_TOOL.name);
    // The name after the last call may also be a part of its end.
    return isOther && after.split('PROBE-Q')[0]?.includes(OTHER_CALL.name) === true;
  };
  return namesWrong(calls) && !namesWrong(apart) ? apart : calls;
}

/** Arguments that are escaped in a JSON string, or printed as a Python object. */
export const BENT_JSON = /\\"PROBE-C|'PROBE-C/;
