import { describe, expect, it } from 'vitest';
import type { Token } from 'node-llama-cpp';
import { Decoding } from '../../../../../src/backends/local/runners/llama-cpp/decoding.ts';
import { Grammars } from '../../../../../src/backends/local/runners/llama-cpp/grammars.ts';
import { openHead } from '../../../../../src/backends/local/model/model-metadata.ts';
import { Prompter } from '../../../../../src/backends/local/runners/llama-cpp/prompter.ts';
import { Scheduler } from '../../../../../src/backends/local/runners/llama-cpp/scheduler.ts';
import { Slot } from '../../../../../src/backends/local/runners/llama-cpp/slot.ts';
import { Transcripts } from '../../../../../src/backends/local/transcripts.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { MINI, request, said } from '../../../../support/requests.ts';

describe('[R3.1-turn-ends] a model that goes on into another role’s turn', () => {
  it('is ended there, and none of it reaches the client', async () => {
    const { native, head } = await openHead({ ...MINI, file: MINI.file ?? '' });
    const { model, turnEnds, format, prompts } = head;
    const speaker = {
      model,
      turnEnds,
      thinksByInjection: false,
      format,
      transcripts: new Transcripts<readonly Token[]>(),
      grammars: new Grammars(model, prompts, head.controlTexts, () => undefined),
    };
    const written = model.tokenize('Hello.<|im_start|>user\nAnd now I speak', true);
    const { signal } = new AbortController();
    const prompter = new Prompter(head, 8192, speaker.transcripts);
    const prepared = await prompter.prepare(request(MINI, said('Hi')), signal);
    const decoding = new Decoding(speaker, prepared);
    const events: GenerationEvent[] = [];
    const run = decoding.run(writingSlot(written), signal);
    for await (const event of run) events.push(event);
    const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
    expect(text).toBe('Hello.');
    expect(decoding.reason).toBe('end-turn');
    prompts.close();
    await native.llama.dispose();
  });
});

/** Stands for a slot whose model writes what the test says: no real one can be made to. */
function writingSlot(tokens: readonly Token[]): Slot {
  const slot = new Slot({ getSequence: () => undefined } as never, new Scheduler());
  slot.decode = async function* decode() {
    yield* tokens;
  };
  return slot;
}
