import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/formats/choose.ts';
import { injectedFormat, injectedTraits, injectionFor } from '../../src/prompt/inject.ts';
import type { ChatTemplate } from '../../src/prompt/render.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../support/real-templates.ts';
import { readPieces } from './read-output.ts';
import { nativeCalls } from './past-calls.ts';
import { SCENARIOS } from './scenarios.ts';
import { FAMILY_OF, UNREADABLE } from './template-families.ts';
import { covers } from '../support/covers.ts';

const NAMES = [...REAL_TEMPLATES.keys()];

describe.skipIf(areTemplatesMissing())('a published template', () => {
  covers('R3.2-recognised');

  it.each(NAMES)('is recognized by one family only: %s', (name) => {
    const source = REAL_TEMPLATES.get(name) ?? '';
    const claimed = FORMATS.filter(
      (format) => format.name !== 'plain' && format.recognises(source),
    ).map((format) => format.name);
    const family = FAMILY_OF[name];
    expect(claimed).toEqual(family === 'plain' ? [] : [family]);
  });
});

const CALLS = Object.entries(SCENARIOS).flatMap(([scenario, expected]) => {
  if (expected === 'as-written') return [];
  const calls = expected.filter((found) => 'input' in found);
  return calls.length === 0 ? [] : [[scenario, calls] as const];
});

const WITH_CALLS = NAMES.filter((name) => FAMILY_OF[name] !== 'plain').flatMap((name) =>
  CALLS.flatMap(([scenario, calls]) => {
    const left = UNREADABLE[name]?.scenarios ?? [];
    return left === 'all' || left.includes(scenario) ? [] : [[name, scenario, calls] as const];
  }),
);

describe.skipIf(areTemplatesMissing())('past calls', () => {
  covers('R3.1-template', 'R3.2-calls');

  const templates = new Map<string, ChatTemplate>();

  it.each(WITH_CALLS)('are parsed again from the text of %s: %s', (name, _scenario, calls) => {
    const template = templates.get(name) ?? setUp(REAL_TEMPLATES.get(name) ?? '');
    templates.set(name, template);
    const { native, thinkingOpen } = nativeCalls(template, calls);
    for (const pieces of [[native], native.split('')]) {
      const found = readPieces(template.format, pieces, { thinkingOpen });
      expect({ native, found }).toEqual({ native, found: calls });
    }
  });
});

/** Template with its family, or with Hermes calls if it does not support tools. */
function setUp(source: string): ChatTemplate {
  const template = realTemplate(source);
  const injection = { ...injectionFor(template.format, template.traits), thinking: false };
  return {
    ...template,
    format: injectedFormat(template.format, injection),
    traits: injectedTraits(template.traits, injection),
  };
}
