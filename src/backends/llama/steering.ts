import type { LlamaGrammarEvaluationState } from 'node-llama-cpp';
import type { CallableTool } from '../../chat/format.ts';
import { admittedTools, isForced } from '../../chat/tool-choice.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Grammars } from './grammars.ts';

/** What the grammar depends on: what the model is writing at the moment. */
export interface Writing {
  readonly thinking: boolean;
  /** The trigger of the calls that are being written. */
  readonly calling: string | undefined;
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
  #state: LlamaGrammarEvaluationState | undefined;

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
  get state(): LlamaGrammarEvaluationState | undefined {
    return this.#state;
  }

  /** Follows the output; to be awaited before the next token is sampled. */
  async follow({ thinking, calling }: Writing): Promise<void> {
    if (thinking) {
      this.#mayThink = false;
      this.#holds = undefined;
      this.#state = undefined;
      return;
    }
    const wanted = this.#schema === undefined ? calling : 'answer';
    if (wanted === this.#holds) return;
    this.#holds = wanted;
    this.#state = await this.#start(calling);
  }

  async #start(calling: string | undefined): Promise<LlamaGrammarEvaluationState | undefined> {
    if (this.#schema !== undefined) {
      return this.#grammars.answer(this.#schema, this.#mayThink, this.#tools, this.#parallel);
    }
    if (calling === undefined) return undefined;
    return this.#grammars.call(calling, this.#tools, this.#parallel);
  }
}
