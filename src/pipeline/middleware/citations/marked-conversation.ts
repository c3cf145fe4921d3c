import type { Conversation, Part, TextPart, Turn } from '../../../core/conversation.ts';
import { isCitedSource } from '../../../core/parts.ts';
import type { Marks } from './marks.ts';

/**
 * Instruction after the first cited source. It is there instead of in the system prompt, so that a source of a
 * later turn leaves the start of the prompt as it was.
 */
const INSTRUCTION =
  'Passages of the sources end with marks such as [^1]. After each statement of your answer that a passage supports, write the mark of that passage, as in: The sky is blue.[^1] Write only marks of the sources, and do not mention them otherwise.';

/** Conversation with marks in its sources and in earlier answers, and with the instruction to write them. */
export function withMarks(conversation: Conversation, marks: Marks): Conversation {
  const writer = new MarkWriter(marks);
  const turns = conversation.turns.map((turn) => writer.turn(turn));
  return { ...conversation, turns };
}

class MarkWriter {
  readonly #marks: Marks;
  #isInstructed = false;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  turn(turn: Turn): Turn {
    const parts = this.#parts(turn.parts);
    return { ...turn, parts: turn.role === 'assistant' ? this.#answer(parts) : parts };
  }

  #parts(parts: readonly Part[]): readonly Part[] {
    return parts.flatMap((part): readonly Part[] => {
      if (part.kind === 'tool-result') return [{ ...part, output: this.#parts(part.output) }];
      if (!isCitedSource(part)) return [part];
      const isFirst = !this.#isInstructed;
      this.#isInstructed = true;
      const marked = this.#marks.write(part);
      return isFirst ? [marked, { kind: 'text', text: INSTRUCTION }] : [marked];
    });
  }

  /** Joins the texts of an answer that citations have divided, as the model wrote them. */
  #answer(parts: readonly Part[]): readonly Part[] {
    if (!parts.some((part) => part.kind === 'text' && part.citations !== undefined)) return parts;
    const joined: Part[] = [];
    for (const part of parts) {
      const last = joined.at(-1);
      if (part.kind !== 'text') joined.push(part);
      else if (last?.kind !== 'text') joined.push(this.#written(part));
      else joined[joined.length - 1] = { ...last, text: last.text + this.#written(part).text };
    }
    return joined;
  }

  #written({ text, citations = [] }: TextPart): TextPart {
    return {
      kind: 'text',
      text: text + citations.map((each) => this.#marks.markOf(each)).join(''),
    };
  }
}
