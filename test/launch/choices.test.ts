import { describe, expect, it } from 'vitest';
import {
  chooseUnasked,
  contextRefusal,
  contextWarnings,
  missingModel,
  modelChoices,
} from '../../src/launch/choices.ts';
import type { ModelChoice } from '../../src/launch/choices.ts';
import type { Registry, RegistryModel } from '../../src/registry/registry.ts';
import { covers } from '../support/covers.ts';

function entry(name: string, gigabytes?: number, shipped = true): RegistryModel {
  return {
    spec: { name, backend: 'llama', file: `/models/${name}.gguf` },
    source: `hf:u/${name}`,
    shipped,
    location: 'models.yaml:1:1',
    ...(gigabytes !== undefined && { sizeBytes: gigabytes * 0.8e9, memoryBytes: gigabytes * 1e9 }),
  };
}

const MODELS = [entry('mini'), entry('small', 8), entry('large', 24), entry('mine', 4, false)];
const REGISTRY: Registry = {
  defaultModel: 'mini',
  models: new Map(MODELS.map((model) => [model.spec.name, model])),
  aliases: new Map([['claude-x', 'large']]),
  problems: [],
};

/** Installed models, as the server lists them. */
function choices(here: readonly string[], registry: Registry | undefined = REGISTRY) {
  return modelChoices({
    listed: here.map((name) => ({
      name,
      description: name === 'mini' ? 'the embedded model' : name,
    })),
    registry,
    exists: (file) => here.some((name) => file === `/models/${name}.gguf`),
    memoryBytes: 16e9,
  });
}

describe('modelChoices', () => {
  covers('R5.1-picker');

  it('lists models recommended for the memory, then installed and downloadable ones', () => {
    expect(choices(['mini', 'claude-x', 'other'])).toEqual([
      {
        name: 'small',
        state: 'downloadable',
        isRecommended: true,
        hint: 'to download, 6.4 GB, needs about 8 GB of memory',
      },
      {
        name: 'mini',
        state: 'installed',
        isRecommended: false,
        hint: 'installed, the embedded model',
      },
      { name: 'claude-x', state: 'installed', isRecommended: false, hint: 'installed' },
      { name: 'other', state: 'installed', isRecommended: false, hint: 'installed' },
      {
        name: 'large',
        state: 'downloadable',
        isRecommended: false,
        hint: 'to download, 19.2 GB, needs about 24 GB of memory',
      },
      {
        name: 'mine',
        state: 'downloadable',
        isRecommended: false,
        hint: 'to download, 3.2 GB, needs about 4 GB of memory',
      },
    ]);
  });

  it('lists recommended models first if they are installed', () => {
    expect(choices(['mini', 'small']).map(({ name, state }) => [name, state])).toEqual([
      ['small', 'installed'],
      ['mini', 'installed'],
      ['large', 'downloadable'],
      ['mine', 'downloadable'],
    ]);
  });

  it('lists the server’s models only if it is on another machine', () => {
    const listed = modelChoices({
      listed: [{ name: 'far', description: 'far' }],
      registry: undefined,
      exists: () => false,
      memoryBytes: 16e9,
    });
    expect(listed.map(({ name }) => name)).toEqual(['far']);
  });
});

describe('chooseUnasked', () => {
  covers('R5.1-unasked');

  const known: readonly ModelChoice[] = choices(['mini', 'other']);

  it.each([
    [['other', 'mini'], false, 'other'],
    [['gone', 'mini'], false, 'mini'],
    [[undefined, 'mini'], false, 'mini'],
    [['large', 'mini'], true, 'mini'],
    [['large'], true, 'large'],
    [['large'], false, undefined],
    [['gone', undefined], true, undefined],
  ])('from %j, with downloads allowed: %s, takes %s', (preferred, mayDownload, name) => {
    expect(chooseUnasked(known, preferred, mayDownload)).toBe(name);
  });
});

describe('missingModel', () => {
  covers('R5.1-pull');

  it.each([
    ['large', 'large'],
    ['claude-x', 'large'],
    ['mini', undefined],
    ['unknown', undefined],
  ])('for %s is %s', (asked, name) => {
    const missing = missingModel(REGISTRY, asked, (file) => file === '/models/mini.gguf');
    expect(missing?.name).toBe(name);
  });
});

describe('a context', () => {
  covers('R5.1-context');

  const agent = { title: 'Claude Code', instructions: '11,000 to 26,000' };

  it.each([32_000, 32_767, 200_000])('of %i tokens is enough', (contextTokens) => {
    expect(contextWarnings(agent, { name: 'big', contextTokens })).toEqual([]);
  });

  it('that is smaller causes a warning with both ways to raise it', () => {
    const [warning] = contextWarnings(agent, { name: 'mini', contextTokens: 31_999 });
    expect(warning).toContain('mini has a context of 31,999 tokens, and Claude Code needs 32,000');
    expect(warning).toContain("'context: 65536' in the entry of mini in models.yaml");
    expect(warning).toContain('PORTICO_CONTEXT=65536');
    expect(warning).toContain('--model');
  });

  it.each([
    [8192, undefined],
    [31_000, 31_000],
    [8192, 40_960],
    [8192, 262_144],
  ])('of %i tokens can be raised up to the %s of training', (contextTokens, most) => {
    const model = { name: 'x', contextTokens, maxContextTokens: most };
    const raised = Math.min(65_536, most ?? 65_536);
    const advice =
      raised > contextTokens
        ? `Raise it with 'context: ${raised}' in the entry of x in models.yaml, or with PORTICO_CONTEXT=${raised} `
        : "It can't be raised: x can have no more. Choose another model with --model";
    const warnings = contextWarnings(agent, model);
    expect(warnings).toEqual([expect.stringContaining(advice)]);
    const small = { name: 'big', contextTokens: 65_536, small: model };
    expect(contextWarnings(agent, small)[0]).toContain(advice.replace('--model', '--small'));
    const refusal = contextRefusal({ ...agent, leastContextTokens: 32_000 }, model);
    expect(refusal).toContain(advice);
  });

  it('that is unknown causes a warning', () => {
    expect(contextWarnings(agent, { name: 'far', contextTokens: undefined })).toEqual([
      expect.stringContaining('the context of far is not known'),
    ]);
  });

  it.each([
    [65_536, 65_536, undefined],
    [65_536, 131_072, undefined],
    [65_536, undefined, undefined],
    [
      65_536,
      40_960,
      'tiny has a context of 40,960 tokens, and big one of 65,536: Claude Code assumes',
    ],
  ])('of %i tokens is compared with one of %s for side requests', (contextTokens, others, said) => {
    const model = { name: 'big', contextTokens, small: { name: 'tiny', contextTokens: others } };
    const warnings = contextWarnings(agent, model);
    expect(warnings).toEqual(said === undefined ? [] : [expect.stringContaining(said)]);
    if (said !== undefined) expect(warnings[0]).toContain('choose another model with --small');
  });
});
