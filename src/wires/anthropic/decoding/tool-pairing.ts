import { RuntimeFailure } from '../../../core/failure.ts';
import type { Steps } from '../../../core/steps.ts';
import type { PlacedTurn } from './placed-turn.ts';

/**
 * Checks that each tool call has exactly one result in the next turn, and each result a call in the previous
 * turn. Errors use the API's wording.
 *
 * @param turns alternating user and assistant turns
 * @throws {invalid-request}
 */
export function* checkToolPairing(turns: readonly PlacedTurn[]): Steps<void> {
  const seen = new Set<string>();
  let before = NO_IDS;
  let current = idsOf(turns[0]);
  for (const index of turns.keys()) {
    const after = idsOf(turns[index + 1]);
    checkUnique(current.calls, seen);
    checkAnswered(current.calls, after.results);
    checkResults(current.results, before.calls);
    [before, current] = [current, after];
    yield;
  }
}

/** Limit of ids in an error message. */
const MOST_NAMED = 20;

interface PlacedId {
  readonly message: number;
  readonly block: number;
  readonly id: string;
}

interface TurnIds {
  readonly calls: readonly PlacedId[];
  readonly results: readonly PlacedId[];
}

const NO_IDS: TurnIds = { calls: [], results: [] };

function idsOf(turn: PlacedTurn | undefined): TurnIds {
  const [calls, results]: [PlacedId[], PlacedId[]] = [[], []];
  for (const { message, block, part } of turn?.parts ?? []) {
    if (part.kind === 'tool-call') calls.push({ message, block, id: part.id });
    if (part.kind === 'tool-result') results.push({ message, block, id: part.callId });
  }
  return calls.length + results.length === 0 ? NO_IDS : { calls, results };
}

function checkUnique(calls: readonly PlacedId[], seen: Set<string>): void {
  for (const { message, block, id } of calls) {
    if (seen.has(id)) {
      throw new RuntimeFailure(
        'invalid-request',
        `messages.${message}.content.${block}: \`tool_use\` ids must be unique`,
      );
    }
    seen.add(id);
  }
}

function checkAnswered(calls: readonly PlacedId[], results: readonly PlacedId[]): void {
  if (calls.length === 0) return;
  const answered = new Set(results.map(({ id }) => id));
  const open = calls.filter(({ id }) => !answered.has(id));
  const [first] = open;
  if (first === undefined) return;
  const named = open.slice(0, MOST_NAMED).map(({ id }) => id);
  const ids = (open.length > named.length ? [...named, '…'] : named).join(', ');
  throw new RuntimeFailure(
    'invalid-request',
    `messages.${first.message}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  );
}

function checkResults(results: readonly PlacedId[], calls: readonly PlacedId[]): void {
  if (results.length === 0) return;
  const called = new Set(calls.map(({ id }) => id));
  const seen = new Set<string>();
  for (const { message, block, id } of results) {
    if (!called.has(id)) {
      throw new RuntimeFailure(
        'invalid-request',
        `messages.${message}.content.${block}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (seen.has(id)) {
      throw new RuntimeFailure(
        'invalid-request',
        `each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    seen.add(id);
  }
}
