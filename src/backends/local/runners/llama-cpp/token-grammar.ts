import { isRecord } from '../../../../core/json.ts';
import { LlamaGrammarEvaluationState, TokenBias } from 'node-llama-cpp';
import type { Llama, LlamaGrammar, LlamaModel, Token } from 'node-llama-cpp';
import { bindingsOf } from '../../prompts/jinja.ts';
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
    const state = new LlamaGrammarEvaluationState({ model: this.#model, grammar });
    return { bias, state };
  }

  /** Moves a grammar past as many of the tokens as it accepts. Returns their number. */
  accept({ state }: GrammarState, tokens: readonly Token[]): number {
    const sampler = nativeSampler(this.#model.llama);
    if (sampler === undefined) return 0;
    const native: unknown = Reflect.get(state, '_state');
    const rejected = tokens.findIndex((token) => {
      if (!sampler.canBeNextTokenForGrammarEvaluationState(native, token)) return true;
      sampler.acceptGrammarEvaluationStateToken(native, token);
      return false;
    });
    return rejected === -1 ? tokens.length : rejected;
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

/** Functions of the native addon. node-llama-cpp only calls them in its own sessions. */
interface NativeSampler {
  canBeNextTokenForGrammarEvaluationState(state: unknown, token: Token): boolean;
  acceptGrammarEvaluationStateToken(state: unknown, token: Token): void;
}

/** Finds the functions; undefined in a version of node-llama-cpp without them. */
function nativeSampler(llama: Llama): NativeSampler | undefined {
  const bindings = bindingsOf(llama);
  const sampler = isRecord(bindings) ? bindings['AddonSampler'] : undefined;
  return isNativeSampler(sampler) ? sampler : undefined;
}

function isNativeSampler(value: unknown): value is NativeSampler {
  return (
    typeof value === 'function' &&
    'canBeNextTokenForGrammarEvaluationState' in value &&
    'acceptGrammarEvaluationStateToken' in value
  );
}
