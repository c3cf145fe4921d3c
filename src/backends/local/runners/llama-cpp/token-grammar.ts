import { LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';
import type { LlamaGrammar, LlamaModel, Token } from 'node-llama-cpp';
import { literal } from '../../../../grammar/gbnf.ts';

/** Compiled grammar of a model's. */
export interface TokenGrammar {
  readonly grammar: LlamaGrammar;
  /** Excludes the control tokens that the grammar does not name: to a grammar they are plain text. */
  readonly bias: TokenBias;
}

/** Grammar that the next tokens have to follow, and how far it has come. */
export interface GrammarState {
  readonly state: LlamaGrammarEvaluationState;
  readonly bias: TokenBias;
}

/** Control token, and its text as a grammar spells it. */
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

  /** Throws if llama.cpp can't parse it. */
  async compile(gbnf: string): Promise<TokenGrammar> {
    const grammar = await this.#model.llama.createGrammar({ grammar: gbnf });
    return { grammar, bias: this.#biasFor(gbnf) };
  }

  /** A grammar at its beginning. */
  start({ grammar, bias }: TokenGrammar): GrammarState {
    return { bias, state: new LlamaGrammarEvaluationState({ model: this.#model, grammar }) };
  }

  /** Tokens that end a generation are not in it: the grammar admits them at its end only. */
  #biasFor(gbnf: string): TokenBias {
    const bias = TokenBias.for(this.#model);
    for (const { token, spelled } of this.#control) {
      if (!gbnf.includes(spelled)) bias.set(token, 'never');
    }
    return bias;
  }
}
