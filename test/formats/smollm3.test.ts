import { describe, expect, it } from 'vitest';
import { chooseFormat } from '../../src/formats/choose.ts';

describe('the family of a template', () => {
  it('is not SmolLM3 because of a name in the default system prompt', () => {
    const smollm2 =
      "{{ 'system\\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face' }}";
    expect(chooseFormat(smollm2).name).not.toBe('smollm3');
    expect(chooseFormat(`${smollm2} Reasoning Mode: /no_think`).name).toBe('smollm3');
  });
});
