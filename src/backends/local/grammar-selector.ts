import type { GenerationRequest } from '../../core/backend.ts';
import type { ChatFormat } from '../../formats/format.ts';
import { admittedTools, isForced } from '../../prompt/tool-choice.ts';
import { NO_LAYOUT, ObservedLayout, OneLineLayout } from '../../grammar/layout.ts';
import type { Layout } from '../../grammar/layout.ts';
import { GrammarPosition } from '../../grammar/position.ts';
import type { Grammars, WantedGrammar } from './grammars.ts';
import type { GrammarInput } from './prompts/prompt-work.ts';
import type { ActiveGrammar, GrammarFeatures } from './runner.ts';

/** Present place of the output. */
export interface OutputPlace {
  readonly thinking: boolean;
  /** Trigger of the calls in progress. */
  readonly calling: string | undefined;
  /** Part of the output that has to begin before the turn may end. */
  readonly owes: 'thoughts' | 'answer' | undefined;
}

/** Place in an answer; `thoughts` and `answer` are the beginnings of these. */
type Place = 'schema' | 'thoughts' | 'answer' | 'triggered' | 'call' | 'free';

export interface GrammarSelectorOptions<Grammar> {
  readonly request: GenerationRequest;
  readonly format: ChatFormat;
  readonly grammars: Grammars<Grammar>;
  readonly grammarFeatures: GrammarFeatures;
  /** True if the model itself decides to begin with thinking or not. */
  readonly mayThink: boolean;
}

/** Selects the grammar at each place of an answer: the one of calls in calls, the one of a schema elsewhere. */
export class GrammarSelector<Grammar> {
  readonly #options: GrammarSelectorOptions<Grammar>;
  readonly #shared: Pick<GrammarInput, 'tools' | 'parallel' | 'excluded'>;
  /** Triggers that the runner itself watches for. */
  readonly #triggers: readonly string[];
  /** True if a schema applies to the complete answer. A forced call has priority over it. */
  readonly #held: boolean;
  readonly #isCallForced: boolean;
  #mayThink: boolean;
  #place: Place = 'free';
  #calling: string | undefined;
  #active: ActiveGrammar<Grammar> = {};
  #position: GrammarPosition | undefined;

  constructor(options: GrammarSelectorOptions<Grammar>) {
    const { request, format, grammarFeatures, mayThink } = options;
    const { conversation, toolChoice, outputSchema } = request;
    const forced = isForced(toolChoice);
    const tools = admittedTools(conversation.tools, toolChoice);
    this.#options = options;
    this.#isCallForced = forced;
    this.#mayThink = mayThink;
    this.#held = outputSchema !== undefined && !forced;
    this.#shared = {
      tools: tools.map(({ name, inputSchema }) => ({ name, inputSchema })),
      parallel: toolChoice.mode !== 'none' && toolChoice.parallel,
      excluded: grammarFeatures.excluded,
    };
    // The prompt itself begins a forced call, so there is no trigger.
    const triggers = this.#held || forced || tools.length === 0 ? [] : format.tools?.triggers;
    this.#triggers =
      triggers?.every((text) => grammarFeatures.watches(text)) === true ? triggers : [];
  }

  /** Grammar for the next token. */
  get active(): ActiveGrammar<Grammar> {
    return this.#active;
  }

  /** Text that the grammar demands next; empty if the model has a choice. */
  get forced(): string {
    return this.#position?.forced ?? '';
  }

  /** Continues after a character of the answer. */
  accept(character: string): void {
    this.#position?.accept(character);
  }

  /** Returns true if another grammar applies from here on. */
  changesAt(writing: OutputPlace): boolean {
    const place = this.#placeAt(writing);
    return place !== this.#place || (place === 'call' && writing.calling !== this.#calling);
  }

  /** Activates the grammar of this place, from its start. */
  async select(writing: OutputPlace): Promise<void> {
    if (writing.thinking) this.#mayThink = false;
    this.#place = this.#placeAt(writing);
    this.#calling = writing.calling;
    const wanted = this.#wanted(this.#place);
    const compiled = wanted && (await this.#options.grammars.get(wanted));
    const triggers = triggersOf(wanted);
    this.#active = compiled === undefined ? {} : { grammar: compiled.grammar, triggers };
    // A grammar with triggers begins at a place that only the runner knows.
    const isFollowed = compiled !== undefined && triggers === undefined;
    this.#position = isFollowed ? new GrammarPosition(compiled.rules, this.#layout) : undefined;
  }

  /** Layout of the JSON at this place. */
  get #layout(): Layout {
    if (this.#place === 'call' && this.#isCallForced) return new OneLineLayout();
    return this.#place === 'call' || this.#place === 'schema' ? new ObservedLayout() : NO_LAYOUT;
  }

  #placeAt({ thinking, calling, owes }: OutputPlace): Place {
    if (this.#held && !thinking) return 'schema';
    if (calling !== undefined) return this.#triggers.includes(calling) ? 'triggered' : 'call';
    return owes ?? (this.#triggers.length > 0 ? 'triggered' : 'free');
  }

  #wanted(place: Place): WantedGrammar | undefined {
    const { outputSchema: schema = {} } = this.#options.request;
    switch (place) {
      case 'free':
        return undefined;
      case 'thoughts':
      case 'answer':
        return { of: 'beginning', part: place };
      case 'schema':
        return { of: 'answer', schema, mayThink: this.#mayThink, ...this.#shared };
      case 'triggered':
        return { of: 'triggered', triggers: this.#triggers, ...this.#shared };
      case 'call':
        return { of: 'call', trigger: this.#calling ?? '', ...this.#shared };
      default:
        return place satisfies never;
    }
  }
}

function triggersOf(wanted: WantedGrammar | undefined): readonly string[] | undefined {
  return wanted?.of === 'triggered' ? wanted.triggers : undefined;
}
