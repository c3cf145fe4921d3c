import { createHash } from 'node:crypto';
import type { GenerationRequest } from '../../core/backend.ts';
import type { Conversation } from '../../core/conversation.ts';
import type { GenerationEvent } from '../../core/events.ts';

/** Limit of OpenAI and most providers: https://platform.openai.com/docs/api-reference/chat/create */
const MOST_CHARACTERS = 64;
const FORBIDDEN = /[^a-zA-Z0-9_-]/gu;

const HASH_CHARACTERS = 8;

/** Shortens names of tools to the limit, in the tools, the choice and earlier calls of a request. */
export function withShortNames(request: GenerationRequest): GenerationRequest {
  const names = shortNames(request);
  const rename = (name: string): string => names.get(name) ?? name;
  const { conversation, toolChoice } = request;
  if (names.size === 0) return request;
  return {
    ...request,
    toolChoice:
      toolChoice.mode === 'tool' ? { ...toolChoice, name: rename(toolChoice.name) } : toolChoice,
    conversation: {
      ...conversation,
      tools: conversation.tools.map((tool) => ({ ...tool, name: rename(tool.name) })),
      turns: conversation.turns.map((turn) => ({
        ...turn,
        parts: turn.parts.map((part) =>
          part.kind === 'tool-call' ? { ...part, name: rename(part.name) } : part,
        ),
      })),
    },
  };
}

/** Creates a function that restores the original names of calls in an answer. */
export function nameRestorer(
  request: GenerationRequest,
): (event: GenerationEvent) => GenerationEvent {
  const own = new Map([...shortNames(request)].map(([name, short]) => [short, name]));
  return (event) =>
    event.type === 'tool-call-start'
      ? { ...event, name: own.get(event.name) ?? event.name }
      : event;
}

/** Short names by conversation: a request needs them several times. */
const known = new WeakMap<Conversation, ReadonlyMap<string, string>>();

/**
 * Maps each name over the limit to a short one. A short name depends on the name alone, so that prompts keep
 * their prefix.
 */
export function shortNames({ conversation }: GenerationRequest): ReadonlyMap<string, string> {
  const names = known.get(conversation) ?? shorten(namesIn(conversation));
  known.set(conversation, names);
  return names;
}

function namesIn({ tools, turns }: Conversation): ReadonlySet<string> {
  const names = new Set(tools.map(({ name }) => name));
  for (const { parts } of turns) {
    for (const part of parts) if (part.kind === 'tool-call') names.add(part.name);
  }
  return names;
}

function shorten(names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const taken = new Set([...names].filter(fits));
  const short = new Map<string, string>();
  for (const name of names) {
    if (fits(name)) continue;
    let candidate = shortNameOf(name, name);
    for (let copy = 2; taken.has(candidate); copy++)
      candidate = shortNameOf(name, `${name} ${copy}`);
    taken.add(candidate);
    short.set(name, candidate);
  }
  return short;
}

function fits(name: string): boolean {
  return name.length <= MOST_CHARACTERS && name.search(FORBIDDEN) === -1;
}

function shortNameOf(name: string, hashed: string): string {
  const hash = createHash('sha256').update(hashed).digest('hex').slice(0, HASH_CHARACTERS);
  const begin = name.replaceAll(FORBIDDEN, '_').slice(0, MOST_CHARACTERS - HASH_CHARACTERS - 1);
  return `${begin}_${hash}`;
}
