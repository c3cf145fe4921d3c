import { EFFORTS } from '../core/backend.ts';
import type { Conversation } from '../core/conversation.ts';
import type { ChatFormat } from '../formats/format.ts';
import { findTalk } from './call-traits.ts';
import {
  GREETING,
  CALL,
  NO_TRAITS,
  Probe,
  TALK,
  answered,
  called,
  said,
  taking,
  thought,
  withSystem,
} from './probe.ts';
import type { TemplateRenderer } from './render.ts';
import type { CallTraits, ReasoningPlace, TemplateTraits } from './template-traits.ts';
import { templateVariables } from './template-variables.ts';

/**
 * Detects the features of a template by rendering small conversations. This runs once per model: a
 * fallback chosen per conversation could change between turns, and invalidate the cached prefix.
 */
export function probeTemplate(
  render: TemplateRenderer,
  format: ChatFormat,
  tokens: { readonly bos: string; readonly eos: string },
): TemplateTraits {
  const probe = new Probe(render, format, tokens);
  const leading = { ...NO_TRAITS, system: true };
  const system =
    probe.shows(withSystem(TALK, 'S'), leading) && probe.shows(withSystem(GREETING, 'S'), leading);
  const anywhere = { ...leading, systemAnywhere: true };
  const systemAnywhere = system && probe.shows(withSystem(TALK, 'S', 'L'), anywhere);
  const forms = PARAMETERS.filter((form) => probe.showsTools(form, 'odd'));
  const parameters =
    forms.find((form) => probe.showsUnions(form)) ??
    forms[0] ??
    PARAMETERS.find((form) => probe.showsTools(form, 'plain'));
  const tools = parameters !== undefined;
  const base = { ...NO_TRAITS, system, systemAnywhere, tools, ...(tools && { parameters }) };
  const { talk, calls } = (tools || format.tools?.write !== undefined
    ? findTalk(probe, format, base)
    : undefined) ?? { talk: probe };
  const reasoning = findReasoning(talk, { ...base, calls });
  const traits = { ...base, reasoning };
  return {
    ...traits,
    calls: calls && findFollowing(talk, traits, findTextPlace(talk, format, traits, calls)),
    ...thinkingTraits(probe, format, { ...traits, calls }),
    efforts: format.efforts ?? findEfforts(probe),
  };
}

const PARAMETERS = ['object', 'list', 'none', 'any', 'first', 'basic', 'text'] as const;

const PLACES = ['reasoning_content', 'reasoning', 'thinking', 'blocks'] as const;

/** Place for thinking. One rendered conversation suffices, since templates drop thinking at different places. */
function findReasoning(probe: Probe, base: TemplateTraits): ReasoningPlace | undefined {
  return PLACES.find((reasoning) =>
    thoughtfulTalks(base).some((conversation) => {
      const traits = { ...base, reasoning };
      // A template without support for blocks may print them as objects.
      const printed = /['"]type['"]/.test(probe.render(conversation, traits) ?? '');
      return probe.shows(conversation, traits) && !(printed && reasoning === 'blocks');
    }),
  );
}

function thoughtfulTalks({ calls }: TemplateTraits): readonly Conversation[] {
  const talk = taking([said('U')], [thought('T'), said('A')], [said('N')]);
  if (calls === undefined) return [talk];
  return [talk, taking([said('U')], [thought('T'), called('C')], [answered('C', 'R')])];
}

/** Place for text before a call that is rendered now and in later turns, preferably after the thinking. */
function findTextPlace(
  probe: Probe,
  format: ChatFormat,
  base: TemplateTraits,
  calls: CallTraits,
): CallTraits {
  const lead = findLead(probe, format, { ...base, calls });
  const said1 = [said('A'), called('C')];
  const after = [[answered('C', 'R')], [said('B')], [said('N')]] as const;
  const texts = [
    taking([said('U')], said1, after[0]),
    taking([said('U')], said1, ...after),
    taking([said('U')], said1, after[0], [said('B'), called('D')], [answered('D', 'Q')]),
  ];
  const all = taking([said('U')], [thought('T'), ...said1], after[0]);
  const places = ['beside', ...aheadIf(isRead(format, lead)), 'before', 'thought'] as const;
  const styles = [...places, ...aheadIf(lead !== '')]
    .map((text): CallTraits => ({ ...calls, text, ...(text === 'ahead' && { lead }) }))
    .filter((style) => texts.every((one) => probe.shows(one, { ...base, calls: style })));
  return styles.find((style) => probe.shows(all, { ...base, calls: style })) ?? styles[0] ?? calls;
}

const aheadIf = (holds: boolean) => (holds ? (['ahead'] as const) : []);

/** Returns true if the lead begins with a trigger: `ahead` text is then where the model generates it. */
function isRead(format: ChatFormat, lead: string): boolean {
  if (format.readOutput !== undefined && format.preamble === undefined) return false;
  return format.tools?.triggers.some((trigger) => lead.trimStart().startsWith(trigger)) === true;
}

/**
 * Text that the template writes before the name of the first call. Empty if the text of an answer, or a message of
 * its own before the call, would not begin at the same place.
 */
function findLead(probe: Probe, { preamble }: ChatFormat, traits: TemplateTraits): string {
  const calling = probe.render(CALL, traits) ?? '';
  const saying = probe.render(preamble === undefined ? TALK : GREETING, traits) ?? '';
  const start = preamble === undefined ? saying.indexOf('PROBE-A') : saying.length;
  if (start === -1 || calling.slice(0, start) !== saying.slice(0, start)) return '';
  return calling.slice(start, calling.indexOf('probe_call'));
}

/** Call traits with a form for user messages right after results that the template renders. */
function findFollowing(probe: Probe, base: TemplateTraits, calls: CallTraits): CallTraits {
  const conversation = taking(
    [said('U')],
    [called('C')],
    [answered('C', 'R'), said('V')],
    [said('A')],
    [said('N')],
  );
  const styles = (['user', 'marked', 'appended'] as const).map((afterResults): CallTraits => ({
    ...calls,
    afterResults,
  }));
  return styles.find((style) => probe.shows(conversation, { ...base, calls: style })) ?? calls;
}

/**
 * Effort levels of a template: those that the prompt names, or that change it differently from an unknown level. If
 * none of them renders like no level, those of `USUAL` that do are the template's default.
 */
function findEfforts(probe: Probe): readonly string[] {
  const asking = (level?: string) =>
    probe.render(GREETING, NO_TRAITS, level === undefined ? {} : { reasoning_effort: level });
  const unknown = asking('probe');
  const named = EFFORTS.filter((effort) => {
    const rendered = asking(effort);
    if (rendered === undefined) return false;
    return rendered !== unknown || new RegExp(`effort: ${effort}`, 'i').test(rendered);
  });
  const isDefault = (effort: string) => asking(effort) === asking();
  if (named.length === 0 || named.some(isDefault)) return named;
  return EFFORTS.filter(
    (effort) => named.includes(effort) || (USUAL.has(effort) && isDefault(effort)),
  );
}

/** Levels that templates know by these names. Others may render like no level because they are unknown. */
const USUAL: ReadonlySet<string> = new Set(['low', 'medium', 'high']);

function thinkingTraits(
  probe: Probe,
  format: ChatFormat,
  traits: TemplateTraits,
): Pick<TemplateTraits, 'thinking' | 'emptyThinking'> {
  const tags = format.thinking;
  if (format.alwaysThinks === true) return { thinking: 'always', emptyThinking: false };
  if (tags === undefined) return { thinking: 'none', emptyThinking: false };
  const [asked, forbidden] = (['adaptive', 'disabled'] as const).map((mode) =>
    probe.render(GREETING, NO_TRAITS, templateVariables({ thinking: { mode } }, NO_TRAITS)),
  );
  // If the template always opens the tag, closing it at once disables thinking.
  const opened = asked?.trimEnd().endsWith(tags.open) === true;
  const switched = asked !== forbidden || opened;
  // A template that renders thinking in the family's tags belongs to a thinking model.
  const thinks =
    switched ||
    thoughtfulTalks(traits).some((conversation) => {
      const [before = '', after] = (probe.render(conversation, traits) ?? '').split('PROBE-T');
      return after !== undefined && before.trimEnd().endsWith(tags.open);
    });
  return { thinking: thinks ? 'switchable' : 'none', emptyThinking: thinks && !switched };
}
