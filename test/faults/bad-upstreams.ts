import type { IncomingMessage, ServerResponse } from 'node:http';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { serve } from '../support/upstream/replay.ts';

/** Backends whose servers misbehave. */
export const KINDS = ['ollama', 'openai'] as const;

/** Portico, with models whose servers misbehave. */
export interface BadUpstreams {
  readonly server: RunningServer;
  stop(): Promise<void>;
}

/**
 * Starts Portico in front of one scripted server. Its models are `KIND-INDEX`, whose requests reach `answer`
 * under `/KIND/INDEX/`.
 *
 * @param count models of each kind
 */
export async function startBadUpstreams(
  answer: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
  count: number,
): Promise<BadUpstreams> {
  const upstream = await serve((incoming, response) => void answer(incoming, response));
  const entries = KINDS.flatMap((kind) =>
    Array.from(
      { length: count },
      (_, index) =>
        `  ${kind}-${index}: { backend: ${kind}, url: '${upstream.url}/${kind}/${index}' }\n`,
    ),
  );
  const server = await startServer({ registry: `models:\n${entries.join('')}` });
  return {
    server,
    stop: async () => {
      await server.stop();
      await upstream.close();
    },
  };
}
