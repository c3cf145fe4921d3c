import type { Part, ToolCallPart } from '../core/conversation.ts';
import { describeLayout } from '../formats/derived/describe.ts';
import { SLOT } from '../formats/derived/layout.ts';
import type { TemplateLayout } from '../formats/derived/layout.ts';
import { PROBED, PROBED_KINDS, PROBED_QUOTED } from '../formats/derived/observations.ts';
import type { Observations } from '../formats/derived/observations.ts';
import { withoutStart } from '../formats/derived/segments.ts';
import { plain } from '../formats/plain.ts';
import { templateCallId } from './call-ids.ts';
import { templateTools } from './messages.ts';
import { answered, Probe, PROBE_TOOL, said, taking, thought } from './probe.ts';
import type { TemplateRenderer } from './render.ts';
import type { CallTraits, ReasoningPlace, TemplateTraits } from './template-traits.ts';
import { BENT_JSON, PLAIN_CALLS } from './call-traits.ts';

/** A turn that is longer than this, in UTF-16 units, is no layout to derive a format from. */
const MOST_CHARACTERS = 8_000;

/** Fields in which thinking is tried, if the template is not known to take it anywhere. */
const PLACES: readonly ReasoningPlace[] = ['reasoning_content', 'thinking', 'blocks'];

/**
 * Derives from renderings how a template lays out answers, for templates that no family recognises;
 * undefined if it can't render a talk.
 *
 * @param source the template in Jinja
 */
export function deriveLayout(
  render: TemplateRenderer,
  source: string,
  traits: TemplateTraits,
  tokens: { readonly bos: string; readonly eos: string },
): TemplateLayout | undefined {
  const probe = new Probe(render, plain, tokens);
  const styles = traits.calls === undefined ? STYLES : [traits.calls];
  const probes = [probe, probe.offering()];
  const turns = probes.flatMap((one) => styles.map((style) => new Turns(one, traits, style)));
  const calling =
    turns.find(({ call: one }) => one !== undefined && !BENT_JSON.test(one)) ??
    turns.find(({ call: one }) => one !== undefined) ??
    turns[0];
  const observed = calling === undefined ? undefined : observe(calling);
  return observed === undefined ? undefined : describeLayout(observed, source);
}

function observe(turns: Turns): Observations | undefined {
  const prompt = turns.render([], { add_generation_prompt: true });
  const text = turns.render([said('A')]);
  if (prompt === undefined || text?.split(PROBED.answer).length !== 2) return undefined;
  const first = FIRST;
  const second = call('D', { [PROBED.key]: PROBED.otherValue });
  const both = { [PROBED.key]: PROBED.value, [PROBED.otherKey]: PROBED.otherValue };
  const called = turns.call;
  const withCall = <Result>(rendering: () => Result) =>
    called === undefined ? undefined : rendering();
  return {
    prompt,
    text,
    instructions: turns.instructions(),
    call: called,
    thought: turns.thinking([said('A')], PROBED.answer),
    thoughtCall: withCall(() => turns.thinking([first], PROBED.value)),
    textCall: withCall(() => turns.showing([PROBED.answer, PROBED.value], [said('A'), first])),
    calls: withCall(() => turns.several([first, second])),
    twoKeys: withCall(() => turns.showing([PROBED.value, PROBED.otherValue], [call('C', both)])),
    kinds: withCall(() => turns.render([call('C', PROBED_KINDS)])),
    quoted: withCall(() => turns.render([call('C', { [PROBED.key]: PROBED_QUOTED })])),
    result: withCall(() => turns.answered([first], [answered('C', 'R')])),
  };
}

function call(word: string, input: ToolCallPart['input']): ToolCallPart {
  return { kind: 'tool-call', id: `toolu_${word}`, name: PROBE_TOOL.name, input };
}

const FIRST = call('C', { [PROBED.key]: PROBED.value });

/** Ways to pass calls to templates that list no tools. */
const STYLES = (['object', 'text'] as const).flatMap((form) =>
  (['', null] as const).map((noContent) => ({ ...PLAIN_CALLS, arguments: form, noContent })),
);

/** Renders turns of the model, and cuts them out. */
class Turns {
  readonly #probe: Probe;
  readonly #traits: TemplateTraits;
  readonly #calls: CallTraits;
  /** A turn with one call; undefined if the template loses it. */
  readonly call: string | undefined;

  constructor(probe: Probe, traits: TemplateTraits, calls: CallTraits) {
    this.#probe = probe;
    this.#calls = calls;
    this.#traits = { ...traits, calls };
    this.call = this.showing([PROBED.tool, PROBED.value], [FIRST]);
  }

  /** The text by which a prompt with a tool exceeds one without, if the template lists tools. */
  instructions(): string | undefined {
    if (!this.#traits.tools) return undefined;
    const [without = '', listed = ''] = [[], [PROBE_TOOL]].map((some) => {
      const tools = templateTools(some, this.#traits.parameters);
      const variables = some.length === 0 ? {} : { tools, functions: JSON.stringify(tools) };
      return this.#probe.render(taking([said('U')]), this.#traits, variables);
    });
    return withoutStart(listed, without).slice(0, MOST_CHARACTERS);
  }

  /** The turn after the user's words, with slots for ids; undefined if the template raises or writes too much. */
  render(
    parts: readonly Part[],
    variables: Readonly<Record<string, unknown>> = { add_generation_prompt: false },
    traits = this.#traits,
    following: readonly (readonly Part[])[] = [],
  ): string | undefined {
    const turns = [...(parts.length === 0 ? [] : [parts]), ...following];
    const conversation = taking([said('U')], ...turns);
    const rendered = this.#probe.render(conversation, traits, variables);
    const [, ...rest] = rendered?.split('PROBE-U') ?? [];
    const turn = rest.at(-1);
    const forged = Object.values(SLOT).some((slot) => turn?.includes(slot));
    if (turn === undefined || turn.length > MOST_CHARACTERS || forged) return undefined;
    return ['toolu_C', 'toolu_D'].reduce((text, id, index) => {
      const named = { name: PROBED.tool, index };
      const kept = templateCallId(id, named, this.#calls.ids);
      return this.#calls.ids === 'indexed' ? text : text.replaceAll(kept, SLOT.id);
    }, turn);
  }

  /** The same if it shows words. */
  showing(
    words: readonly string[],
    parts: readonly Part[],
    traits = this.#traits,
  ): string | undefined {
    const turn = this.render(parts, undefined, traits);
    return words.every((word) => turn?.includes(word) === true) ? turn : undefined;
  }

  /** The turn with the results after it, if it shows them. */
  answered(parts: readonly Part[], results: readonly Part[]): string | undefined {
    const turn = this.render(parts, undefined, this.#traits, [results]);
    return turn?.includes(PROBED.result) === true ? turn : undefined;
  }

  several(parts: readonly Part[]): string | undefined {
    return this.#calls.parallel
      ? this.showing([PROBED.value, PROBED.otherValue], parts)
      : undefined;
  }

  /** The turn with thinking, if the template shows it before `word`. */
  thinking(parts: readonly Part[], word: string): string | undefined {
    const places = this.#traits.reasoning === undefined ? PLACES : [this.#traits.reasoning];
    for (const reasoning of places) {
      const traits = { ...this.#traits, reasoning };
      const words = [PROBED.thought, word];
      const turn = this.showing(words, [thought('T'), ...parts], traits);
      // A template that knows no blocks may print them as they are.
      if (turn !== undefined && !/['"]type['"]/.test(turn)) return turn;
    }
    return undefined;
  }
}
