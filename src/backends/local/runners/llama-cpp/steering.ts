import type { CallableTool } from '../../../../formats/format.ts';
import { admittedTools, isForced } from '../../../../prompt/tool-choice.ts';
import type { GenerationRequest } from '../../../../core/backend.ts';
import type { JsonObject } from '../../../../core/json.ts';
import type { ActiveGrammar, Grammars, GrammarStart } from './grammars.ts';

/** What the grammar depends on: what the model is writing at the moment. */
export interface Writing {
  readonly thinking: boolean;
  /** The trigger of the calls that are being written. */
  readonly calling: string | undefined;
  /** Part of the output that has to begin before the turn may end. */
  readonly owes: 'thoughts' | 'answer' | undefined;
}

/** Which grammar holds at each point of an answer: that of calls in calls, that of a schema elsewhere. */
export class Steering {
  readonly #grammars: Grammars;
  readonly #tools: readonly CallableTool[];
  readonly #parallel: boolean;
  /** What the whole answer is held to; a demanded call comes before it. */
  readonly #schema: JsonObject | undefined;
  #mayThink: boolean;
  /** What the state is for: a trigger, or the answer. */
  #holds: string | undefined;
  #active: ActiveGrammar | undefined;

  /** `mayThink`: the model decides by itself whether it begins to think. */
  constructor(request: GenerationRequest, grammars: Grammars, mayThink: boolean) {
    const { conversation, toolChoice, outputSchema } = request;
    this.#grammars = grammars;
    this.#tools = admittedTools(conversation.tools, toolChoice);
    this.#parallel = toolChoice.mode !== 'none' && toolChoice.parallel;
    this.#schema = isForced(toolChoice) ? undefined : outputSchema;
    this.#mayThink = mayThink;
  }

  /** The grammar that the next token has to follow. */
  get active(): ActiveGrammar | undefined {
    return this.#active;
  }

  /** Follows the output; to be awaited before the next token is sampled. */
  async follow(writing: Writing): Promise<void> {
    if (writing.thinking) this.#mayThink = false;
    const wanted = this.#wanted(writing);
    if (wanted === this.#holds) return;
    this.#holds = wanted;
    this.#active = await this.#start(writing);
  }

  #wanted({ thinking, calling, owes }: Writing): string | undefined {
    if (!thinking && this.#schema !== undefined) return 'answer';
    return calling ?? (owes && `beginning of ${owes}`);
  }

  async #start({ thinking, calling, owes }: Writing): Promise<GrammarStart> {
    if (!thinking && this.#schema !== undefined) {
      return this.#grammars.answer(this.#schema, this.#mayThink, this.#tools, this.#parallel);
    }
    if (calling !== undefined) return this.#grammars.call(calling, this.#tools, this.#parallel);
    return owes && this.#grammars.beginning(owes);
  }
}
