import { describe, expect, it } from 'vitest';
import { chooseFormat } from '../../src/formats/choose.ts';

describe('the detection of SmolLM3', () => {
  it('requires more than the name in a default system prompt', () => {
    const smollm2 =
      "{{ 'system\\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face' }}";
    expect(chooseFormat(smollm2).name).not.toBe('smollm3');
    expect(chooseFormat(`${smollm2} Reasoning Mode: /no_think`).name).toBe('smollm3');
  });
});
