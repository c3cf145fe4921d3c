import { messageOf } from '../../core/failure.ts';
import { logOnce } from '../../core/log-once.ts';
import { BEGINNING_GRAMMARS } from '../../formats/call-grammar.ts';
import { lazyRules } from '../../grammar/gbnf-parser.ts';
import type { RuleLookup } from '../../grammar/gbnf-parser.ts';
import type { EngineLog } from './engine-settings.ts';
import type { PromptProcess } from './prompts/prompt-process.ts';
import type { GrammarInput } from './prompts/prompt-work.ts';

/** Number of cached grammars. An agent sends the same tools with each request, and a few agents take turns. */
const CACHED = 16;

/** Largest grammar. A larger one would block the engine for too long: llama.cpp takes 60 ms per MiB. */
const MOST_CHARACTERS = 2 ** 21;

/** Grammar for tools or a schema, or the constant one of a beginning. */
export type WantedGrammar =
  | GrammarInput
  | { readonly of: 'beginning'; readonly part: keyof typeof BEGINNING_GRAMMARS };

/** Grammar in the form of the runner, and its rules. */
export interface CompiledGrammar<Grammar> {
  readonly grammar: Grammar;
  readonly rules: RuleLookup;
}

export interface GrammarsOptions<Grammar> {
  /** Writes grammars. */
  readonly prompts: PromptProcess;
  readonly compile: (gbnf: string) => Promise<Grammar>;
  /** Logs grammars that could not be compiled. */
  readonly log: EngineLog;
}

/** Cache of compiled grammars of calls and answers. */
export class Grammars<Grammar> {
  readonly #options: GrammarsOptions<Grammar>;
  readonly #log: (message: string) => void;
  /** Ordered by use, the least recently used first. */
  readonly #compiled = new Map<string, Promise<CompiledGrammar<Grammar> | undefined>>();

  constructor(options: GrammarsOptions<Grammar>) {
    this.#options = options;
    // One set of tools has several grammars, so each message is logged once.
    this.#log = logOnce(options.log);
  }

  /** Returns a grammar; undefined if it could not be compiled, so that nothing is enforced. */
  async get(wanted: WantedGrammar): Promise<CompiledGrammar<Grammar> | undefined> {
    const key = JSON.stringify(wanted);
    const compiled = this.#compiled.get(key) ?? this.#compile(wanted);
    this.#compiled.delete(key);
    this.#compiled.set(key, compiled);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > CACHED && oldest !== undefined) this.#compiled.delete(oldest);
    return compiled;
  }

  async #compile(wanted: WantedGrammar): Promise<CompiledGrammar<Grammar> | undefined> {
    try {
      const gbnf = await this.#write(wanted);
      if (gbnf.length > MOST_CHARACTERS) throw new RangeError('it is too large');
      return { grammar: await this.#options.compile(gbnf), rules: lazyRules(gbnf) };
    } catch (error) {
      this.#log(`A grammar could not be compiled, so nothing is enforced: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #write(wanted: WantedGrammar): Promise<string> {
    if (wanted.of === 'beginning') return BEGINNING_GRAMMARS[wanted.part];
    const { text, degraded } = await this.#options.prompts.run('grammar', wanted);
    for (const reason of degraded) this.#log(reason);
    return text;
  }
}
