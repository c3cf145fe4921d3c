import { createHash } from 'node:crypto';
import type { GenerationRequest } from '../../../core/backend.ts';
import { writeJson } from '../../../core/json-writer.ts';
import type { Steps } from '../../../core/steps.ts';

/** Digests of the parts of a prompt, to compare it with a later one without its text. */
export interface Fingerprint {
  readonly model: string;
  readonly system: string;
  readonly tools: readonly { readonly name: string; readonly digest: string }[];
  /** Of the first turns, and of all later ones together. */
  readonly turns: readonly string[];
}

/** Number of tools and turns with a digest of their own. */
const MOST_DIGESTS = 1000;
/** Bytes of a digest: a collision would only hide one report. */
const DIGEST_BYTES = 9;

/** Takes the fingerprint of a request's prompt. */
export function* fingerprint(request: GenerationRequest): Steps<Fingerprint> {
  const { system, tools, turns } = request.conversation;
  const named: Fingerprint['tools'][number][] = [];
  for (const tool of tools.slice(0, MOST_DIGESTS)) {
    named.push({ name: tool.name, digest: yield* digest(tool) });
  }
  const digests: string[] = [];
  for (const turn of turns.slice(0, MOST_DIGESTS)) digests.push(yield* digest(turn));
  if (turns.length > MOST_DIGESTS) digests.push(yield* digest(turns.slice(MOST_DIGESTS)));
  return {
    model: request.model.name,
    system: yield* digest(system),
    tools: named,
    turns: digests,
  };
}

function* digest(value: unknown): Steps<string> {
  const hash = createHash('sha1');
  yield* writeJson(value, (piece) => hash.update(piece));
  return hash.digest().subarray(0, DIGEST_BYTES).toString('base64');
}

/** First difference of a prompt from an earlier one. */
export interface Departure {
  readonly kind: 'model' | 'system' | 'tools' | 'messages';
  /** Its place, in words. */
  readonly place: string;
}

/** Finds the first part of an earlier prompt that a later one does not repeat; undefined if it continues it. */
export function departure(earlier: Fingerprint, later: Fingerprint): Departure | undefined {
  if (earlier.model !== later.model) {
    return { kind: 'model', place: `the model changed from ${earlier.model} to ${later.model}` };
  }
  if (earlier.system !== later.system)
    return { kind: 'system', place: 'the system prompt changed' };
  const tools = Math.max(earlier.tools.length, later.tools.length);
  for (let index = 0; index < tools; index += 1) {
    const [one, other] = [earlier.tools[index], later.tools[index]];
    if (one?.digest === other?.digest) continue;
    return { kind: 'tools', place: `tools changed at tool ${index + 1}, ${(other ?? one)?.name}` };
  }
  const turn = earlier.turns.findIndex((digested, index) => digested !== later.turns[index]);
  return turn === -1
    ? undefined
    : { kind: 'messages', place: `messages changed at turn ${turn + 1}` };
}
