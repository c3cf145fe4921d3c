import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import { RuntimeFailure } from '../../src/core/failure.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { collect, request, said } from '../support/requests.ts';
import type { Subject } from './contract.ts';
import { covers } from '../support/covers.ts';

covers('R4.7-errors');

/** A backend whose engine or server can be made to fail in mid-answer. */
export interface BreakableSubject extends Subject {
  /** Prepares a generation to break off after its first words. */
  breakNext?(): void;
  /** Called when its first words are there: breaks it off. */
  breakNow?(): Promise<void>;
  /** Changes of a request that keep its answer from ending before it is broken off. */
  readonly endless?: Partial<GenerationRequest>;
}

/** Behaviour of every backend whose process or server ends in mid-answer. */
export function describeBreakContract(open: () => Promise<BreakableSubject>): void {
  let subject: BreakableSubject;
  const ask = (text: string, changes?: Partial<GenerationRequest>) =>
    subject.backend.generate(
      request(subject.model, said(text), changes),
      AbortSignal.timeout(60_000),
    );

  beforeAll(async () => {
    subject = await open();
  });
  afterAll(async () => {
    await subject.backend.close();
    await subject.close?.();
  });

  it('fails after its first words, without a finish, and answers the next', async () => {
    const seen: GenerationEvent[] = [];
    subject.breakNext?.();
    const read = async (): Promise<void> => {
      for await (const event of ask('Tell me a story.', subject.endless)) {
        seen.push(event);
        if (seen.filter(({ type }) => type === 'text-delta').length === 1)
          await subject.breakNow?.();
      }
    };
    const failure: unknown = await read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RuntimeFailure);
    expect(failure).toMatchObject({
      code: expect.stringMatching(/^(backend-failed|engine-crashed)$/) as string,
    });
    const types = seen.map(({ type }) => type);
    expect(types).toContain('text-delta');
    expect(types).not.toContain('finish');
    expect((await collect(ask('Count from 1 to 3'))).text).toBe('1, 2, 3');
  });
}
