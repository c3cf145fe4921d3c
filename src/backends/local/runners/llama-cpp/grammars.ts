import { LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';
import type { LlamaGrammar, LlamaModel, Token } from 'node-llama-cpp';
import { BEGINNING_GRAMMARS } from '../../../../formats/call-grammar.ts';
import type { CallableTool } from '../../../../formats/format.ts';
import { literal } from '../../../../grammar/gbnf.ts';
import { messageOf } from '../../../../core/failure.ts';
import type { JsonObject } from '../../../../core/json.ts';
import { logOnce } from '../../../../core/log-once.ts';
import type { PromptProcess } from '../../prompts/prompt-process.ts';
import type { GrammarInput } from '../../prompts/prompt-work.ts';

/** An agent sends the same tools with each request; a few agents take turns. */
const KEPT = 16;

/** Larger grammars hold the engine for too long: llama.cpp takes 60 ms for a MiB. */
const MOST_CHARACTERS = 2 ** 21;

/** A grammar that the next tokens have to follow. */
export interface ActiveGrammar {
  readonly state: LlamaGrammarEvaluationState;
  /** Excludes the control tokens that the grammar does not name: to a grammar they are plain text. */
  readonly bias: TokenBias;
}

/** A grammar at its beginning, or undefined if none could be compiled. */
export type GrammarStart = ActiveGrammar | undefined;

interface Compiled {
  readonly grammar: LlamaGrammar;
  readonly bias: TokenBias;
}

/** Compiles the grammars of calls and of answers, once for the same tools. */
export class Grammars {
  readonly #model: LlamaModel;
  readonly #prompts: PromptProcess;
  readonly #log: (message: string) => void;
  readonly #control: readonly ControlToken[];
  readonly #compiled = new Map<string, Promise<Compiled | undefined>>();

  /**
   * @param control texts of the model's control tokens
   * @param log receives in one line what could not be compiled
   */
  constructor(
    model: LlamaModel,
    prompts: PromptProcess,
    control: readonly string[],
    log: (message: string) => void,
  ) {
    this.#model = model;
    this.#control = controlTokens(model, control);
    this.#prompts = prompts;
    // One set of tools has several grammars.
    this.#log = logOnce(log);
  }

  /** Of what follows a trigger. */
  call(trigger: string, tools: readonly CallableTool[], parallel: boolean): Promise<GrammarStart> {
    return this.#written({ of: 'call', trigger, tools: tools.map(callable), parallel });
  }

  /** Of a whole answer that is held to a schema. */
  answer(
    schema: JsonObject,
    mayThink: boolean,
    tools: readonly CallableTool[],
    parallel: boolean,
  ): Promise<GrammarStart> {
    const input = { schema, mayThink, tools: tools.map(callable), parallel };
    return this.#written({ of: 'answer', ...input });
  }

  /** Of thoughts or an answer that must not end before their first word. */
  beginning(of: keyof typeof BEGINNING_GRAMMARS): Promise<GrammarStart> {
    return this.#start(`beginning of ${of}`, async () => BEGINNING_GRAMMARS[of]);
  }

  #written(input: GrammarInput): Promise<GrammarStart> {
    return this.#start(JSON.stringify(input), async () => {
      const { text, degraded } = await this.#prompts.run('grammar', input);
      for (const reason of degraded) this.#log(reason);
      return text;
    });
  }

  async #start(key: string, write: () => Promise<string>): Promise<GrammarStart> {
    const known = this.#compiled.get(key);
    this.#compiled.delete(key);
    const compiled = known ?? this.#compile(write);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > KEPT && oldest !== undefined) this.#compiled.delete(oldest);
    const ready = await compiled;
    if (ready === undefined) return undefined;
    const { grammar, bias } = ready;
    return { bias, state: new LlamaGrammarEvaluationState({ model: this.#model, grammar }) };
  }

  async #compile(write: () => Promise<string>): Promise<Compiled | undefined> {
    try {
      const written = await write();
      if (written.length > MOST_CHARACTERS) throw new RangeError('it is too large');
      const grammar = await this.#model.llama.createGrammar({ grammar: written });
      return { grammar, bias: this.#biasFor(written) };
    } catch (error) {
      this.#log(`A grammar could not be compiled, so nothing is enforced: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Tokens that end a generation are not in it: the grammar admits them at its end only. */
  #biasFor(written: string): TokenBias {
    const bias = TokenBias.for(this.#model);
    for (const { token, spelled } of this.#control) {
      if (!written.includes(spelled)) bias.set(token, 'never');
    }
    return bias;
  }
}

function callable({ name, inputSchema }: CallableTool): CallableTool {
  return { name, inputSchema };
}

interface ControlToken {
  readonly token: Token;
  /** Its text as a grammar spells it. */
  readonly spelled: string;
}

function controlTokens(model: LlamaModel, texts: readonly string[]): readonly ControlToken[] {
  return texts.flatMap((text) => {
    const [token, ...others] = model.tokenize(text, true);
    if (token === undefined || others.length > 0) return [];
    return [{ token, spelled: literal(text).slice(1, -1) }];
  });
}
