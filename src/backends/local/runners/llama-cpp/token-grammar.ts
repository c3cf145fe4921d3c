import { LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';
import type { LlamaGrammar, LlamaModel, Token } from 'node-llama-cpp';
import { literal } from '../../../../grammar/gbnf.ts';

/** Compiled grammar of a model. */
export interface TokenGrammar {
  readonly grammar: LlamaGrammar;
  /** Excludes control tokens that the grammar does not name, because to a grammar they are plain text. */
  readonly bias: TokenBias;
}

/** Active grammar and its position. */
export interface GrammarState {
  readonly state: LlamaGrammarEvaluationState;
  readonly bias: TokenBias;
}

/** Control token, and its text in the form of a grammar. */
interface ControlToken {
  readonly token: Token;
  readonly spelled: string;
}

/** Compiles the grammars of one model. */
export class GrammarCompiler {
  readonly #model: LlamaModel;
  readonly #control: readonly ControlToken[];

  /** @param control texts of the model's control tokens */
  constructor(model: LlamaModel, control: readonly string[]) {
    this.#model = model;
    this.#control = control.flatMap((text) => {
      const [token, ...others] = model.tokenize(text, true);
      if (token === undefined || others.length > 0) return [];
      return [{ token, spelled: literal(text).slice(1, -1) }];
    });
  }

  /** Compiles a grammar. Throws if llama.cpp can't parse it. */
  async compile(gbnf: string): Promise<TokenGrammar> {
    const grammar = await this.#model.llama.createGrammar({ grammar: gbnf });
    return { grammar, bias: this.#biasFor(gbnf) };
  }

  /** Returns a grammar at its start. */
  start({ grammar, bias }: TokenGrammar): GrammarState {
    return { bias, state: new LlamaGrammarEvaluationState({ model: this.#model, grammar }) };
  }

  /** Bias of a grammar. Tokens that end a generation are not in it, because the grammar allows them only at its end. */
  #biasFor(gbnf: string): TokenBias {
    const bias = TokenBias.for(this.#model);
    for (const { token, spelled } of this.#control) {
      if (!gbnf.includes(spelled)) bias.set(token, 'never');
    }
    return bias;
  }
}
