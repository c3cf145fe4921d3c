import { LlamaGrammarEvaluationState } from 'node-llama-cpp';
import type { LlamaGrammar, LlamaModel } from 'node-llama-cpp';
import { writeAnswerGrammar, writeCallGrammar } from '../../chat/call-grammar.ts';
import type { CallableTool, ChatFormat } from '../../chat/format.ts';
import { messageOf } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** An agent sends the same tools with each request; a few agents take turns. */
const KEPT = 16;

/** A grammar at its beginning, or undefined where none could be compiled. */
export type GrammarStart = LlamaGrammarEvaluationState | undefined;

/** Compiles the grammars of calls and of answers, once for the same tools. */
export class Grammars {
  readonly #model: LlamaModel;
  readonly #format: ChatFormat;
  readonly #log: (message: string) => void;
  readonly #compiled = new Map<string, Promise<LlamaGrammar | undefined>>();

  /** `log` is told in one line what could not be compiled. */
  constructor(model: LlamaModel, format: ChatFormat, log: (message: string) => void) {
    this.#model = model;
    this.#format = format;
    this.#log = log;
  }

  /** Of what follows a trigger. */
  call(trigger: string, tools: readonly CallableTool[], parallel: boolean): Promise<GrammarStart> {
    const options = this.#options(tools, parallel);
    return this.#start(JSON.stringify(['call', trigger, parallel, tools]), () =>
      writeCallGrammar(trigger, options),
    );
  }

  /** Of a whole answer that is held to a schema. */
  answer(
    schema: JsonObject,
    mayThink: boolean,
    tools: readonly CallableTool[],
    parallel: boolean,
  ): Promise<GrammarStart> {
    const options = this.#options(tools, parallel);
    return this.#start(JSON.stringify(['answer', schema, mayThink, parallel, tools]), () =>
      writeAnswerGrammar(schema, mayThink, options),
    );
  }

  #options(tools: readonly CallableTool[], parallel: boolean) {
    return { format: this.#format, tools, parallel, onDegraded: this.#log };
  }

  async #start(key: string, write: () => string): Promise<GrammarStart> {
    const known = this.#compiled.get(key);
    this.#compiled.delete(key);
    const compiled = known ?? this.#compile(write);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > KEPT && oldest !== undefined) this.#compiled.delete(oldest);
    const grammar = await compiled;
    return grammar && new LlamaGrammarEvaluationState({ model: this.#model, grammar });
  }

  async #compile(write: () => string): Promise<LlamaGrammar | undefined> {
    try {
      return await this.#model.llama.createGrammar({ grammar: write() });
    } catch (error) {
      this.#log(`A grammar could not be compiled, so nothing is enforced: ${messageOf(error)}`);
      return undefined;
    }
  }
}
