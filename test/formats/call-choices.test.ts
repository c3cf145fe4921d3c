import { describe, expect, it } from 'vitest';
import { writeAnswerGrammar } from '../../src/formats/call-grammar.ts';
import { loadFixtures, waysToWrite } from './family-fixture.ts';
import type { FamilyFixture } from './family-fixture.ts';
import { compileCalls, compileGrammar } from './native-grammar.ts';
import { callSections } from './read-output.ts';
import { TOOLS } from './scenarios.ts';
import { covers } from '../support/covers.ts';

const FIXTURES = await loadFixtures();

/** Text that is appended to the prompt to force a call, and the rest of an answer after it. */
const DEMANDED = FIXTURES.flatMap(([family, { format, outputs }]) => {
  const forced = format.tools?.forced ?? format.tools?.triggers[0] ?? '';
  return [...waysToWrite(outputs['no arguments']), ...waysToWrite(outputs['nested arguments'])]
    .filter(({ output }) => output.includes(forced))
    .map(({ output }) => {
      const rest = output.slice(output.indexOf(forced) + forced.length);
      return { family, format, forced, rest };
    });
});

describe('a forced call', () => {
  covers('R3.1-any', 'R3.1-tool');

  it('is possible for every family', () => {
    expect(new Set(DEMANDED.map(({ family }) => family))).toEqual(
      new Set(FIXTURES.map(([family]) => family)),
    );
  });

  it.each(DEMANDED)(
    'of $family is enforced by a grammar: $rest',
    async ({ format, forced, rest }) => {
      const options = { trigger: forced, parallel: true };
      const admits = await compileCalls(format, TOOLS, options);
      expect([admits(rest), admits('Rather not.')]).toEqual([true, false]);
    },
  );
});

describe('without parallel calls', () => {
  covers('R3.1-one-call');

  const listed = FIXTURES.filter(([, fixture]) => secondSection(fixture) !== undefined);

  it.each(listed)(
    'the grammar of %s accepts exactly one call in a list',
    async (_name, fixture) => {
      const { format } = fixture;
      const section = secondSection(fixture);
      const one = callSections(format, firstOutput(fixture, 'optional left out'))[0];
      if (section === undefined || one === undefined) throw new Error('There are no calls.');
      const { trigger } = section;
      const several = await compileCalls(format, TOOLS, { trigger, parallel: true });
      const single = await compileCalls(format, TOOLS, { trigger, parallel: false });
      expect([several(section.text), single(section.text)]).toEqual([true, false]);
      const alone = await compileCalls(format, TOOLS, {
        trigger: one.trigger,
        parallel: false,
      });
      expect(alone(one.text)).toBe(true);
    },
  );
});

describe('the grammar of an answer with a schema', () => {
  covers('R3.4-schema', 'R3.4-tools');

  const schema = {
    type: 'object',
    properties: { answer: { type: 'integer' } },
    required: ['answer'],
    additionalProperties: false,
  };

  it.each(FIXTURES)('accepts JSON in the tags of %s, or calls instead', async (_name, fixture) => {
    const { format } = fixture;
    const options = { format, tools: TOOLS, parallel: true, onDegraded: () => undefined };
    const grammar = writeAnswerGrammar(schema, false, options);
    const admits = await compileGrammar(grammar);
    const open = format.answer?.always === true ? format.answer.open : '';
    expect(admits(`${open}{"answer": 42}`)).toBe(true);
    expect(admits(`${open}{"answer": "no"}`)).toBe(false);
    const call = firstOutput(fixture, 'nested arguments').trimStart();
    const role = format.tools?.triggers.some((trigger) => call.startsWith(trigger)) === true;
    const bare = format.tools?.triggersAtStart?.(TOOLS).some((trigger) => call.startsWith(trigger));
    if (role || bare === true) expect(admits(call)).toBe(true);
  });
});

function firstOutput(fixture: FamilyFixture, scenario: 'nested arguments' | 'optional left out') {
  return waysToWrite(fixture.outputs[scenario])[0]?.output ?? '';
}

/** Section of the first output form in which one section contains both calls. */
function secondSection({ format, outputs }: FamilyFixture) {
  return waysToWrite(outputs['two calls'])
    .map(({ output }) => callSections(format, output))
    .find((sections) => sections.length === 1)?.[0];
}
