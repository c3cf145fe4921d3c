import { onTestFinished } from 'vitest';
import { createScriptedBackend } from './scripted-backend.ts';
import type { Script } from './scripted-backend.ts';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { RuntimeFailure } from '../../src/core/failure.ts';
import { serveScript } from './scripted-server.ts';

/** Script of a model for a client, with its failures. */
export interface Play {
  readonly script: Script;
  /** A failure in place of the script, before the request is admitted. */
  readonly refuses?: (request: GenerationRequest, index: number) => RuntimeFailure | undefined;
}

export interface Stage {
  readonly url: string;
  /** Requests in the order of arrival, each with its time in milliseconds. */
  readonly requests: readonly (GenerationRequest & { readonly at: number })[];
  readonly counts: readonly GenerationRequest[];
  /** Lines of the server's log. */
  readonly logged: readonly string[];
}

/** Serves the play on a real port until the test ends, and records what is asked. */
export async function servePlay(play: Play): Promise<Stage> {
  const requests: (GenerationRequest & { at: number })[] = [];
  const counts: GenerationRequest[] = [];
  const actor = createScriptedBackend({
    script: play.script,
    capabilities: { contextTokens: 65_536 },
  });
  const server = await serveScript({
    ...actor,
    async countTokens(request, signal) {
      counts.push(request);
      return actor.countTokens(request, signal);
    },
    async *generate(request, signal) {
      const index = requests.push({ ...request, at: performance.now() }) - 1;
      const failure = play.refuses?.(request, index);
      if (failure !== undefined) throw failure;
      yield* actor.generate(request, signal);
    },
  });
  onTestFinished(() => server.close());
  return { url: server.url, requests, counts, logged: server.logged };
}
