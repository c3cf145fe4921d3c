import { describe, expect, it } from 'vitest';
import { formatTags, turnEnds } from '../../src/prompt/turn-ends.ts';
import { chatTemplate } from '../support/chat-templates.ts';
import { areTemplatesMissing, REAL_TEMPLATES, realTemplate } from '../support/real-templates.ts';
import { loadFixtures, waysToWrite } from '../formats/family-fixture.ts';
import { covers } from '../support/covers.ts';

const OUTPUTS = new Map(
  (await loadFixtures()).map(([, { format, outputs }]) => [
    format.name,
    Object.values(outputs).flatMap((written) => waysToWrite(written).map(({ output }) => output)),
  ]),
);

describe('the tokens that end a turn', () => {
  covers('R3.1-turn-ends');

  it('are those between an answer and the next user message', () => {
    expect([...turnEnds(chatTemplate('chatml'))]).toEqual(['<|im_end|>', '<|im_start|>']);
  });

  it('are none if a template writes no control tokens', () => {
    expect([...turnEnds(chatTemplate('strict'))]).toEqual([]);
  });

  it.skipIf(areTemplatesMissing()).each([
    ['meta-llama-Llama-3.1-8B-Instruct', '<|eot_id|>'],
    ['meta-llama-Llama-3.1-8B-Instruct', '<|start_header_id|>'],
    ['GLM-4.6', '<|user|>'],
  ])('for %s include %s', (name, token) => {
    expect([...turnEnds(realTemplate(REAL_TEMPLATES.get(name) ?? ''))]).toContain(token);
  });

  it.skipIf(areTemplatesMissing()).each([...REAL_TEMPLATES])(
    'for %s exclude those that its family writes inside an answer',
    (_name, source) => {
      const template = realTemplate(source);
      const written = [
        ...formatTags(template.format),
        ...(OUTPUTS.get(template.format.name) ?? []),
      ].map((text) => text.trimEnd());
      const within = [...turnEnds(template)].filter((end) =>
        written.some((text) => text.includes(end) && !text.endsWith(end)),
      );
      expect(within).toEqual([]);
    },
  );
});
