import { BEGINNING_GRAMMARS } from '../../../../formats/call-grammar.ts';
import type { ChatFormat } from '../../../../formats/format.ts';
import { admittedTools, isForced } from '../../../../prompt/tool-choice.ts';
import type { GenerationRequest } from '../../../../core/backend.ts';
import type { PromptProcess } from '../../prompts/prompt-process.ts';
import type { GrammarInput } from '../../prompts/prompt-work.ts';

/** What the model is writing at the moment. */
export interface Writing {
  readonly thinking: boolean;
  /** The trigger of the calls that are being written. */
  readonly calling: string | undefined;
  /** Part of the output that has to begin before the turn may end. */
  readonly owes: 'thoughts' | 'answer' | undefined;
}

/** What holds for the next tokens. Two with the same key are the same. */
export interface Steer {
  readonly key: string;
  readonly grammar?: string;
  /** Where the grammar begins to hold; absent: at once. */
  readonly triggers?: readonly string[];
}

export interface SteeringOptions {
  readonly format: ChatFormat;
  readonly prompts: PromptProcess;
  /** Whether a text is a single token. */
  readonly isToken: (text: string) => boolean;
  /** Texts of control tokens: to a grammar they are plain text, and the addon has no bias for tokens. */
  readonly excluded: readonly string[];
  /** The grammar, or undefined where llama.cpp can't parse it. */
  readonly check: (grammar: string) => Promise<string | undefined>;
  readonly log: (message: string) => void;
}

/** Which grammar holds at each point of an answer: that of calls in calls, that of a schema elsewhere. */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #request: GenerationRequest;
  readonly #mayThink: boolean;
  readonly #known = new Map<string, Promise<Steer>>();

  /** `mayThink`: the model decides by itself whether it begins to think. */
  constructor(options: SteeringOptions, request: GenerationRequest, mayThink: boolean) {
    this.#options = options;
    this.#request = request;
    this.#mayThink = mayThink;
  }

  /** The key of what holds now. */
  keyAt({ thinking, calling, owes }: Writing): string {
    const { toolChoice, outputSchema } = this.#request;
    const held = outputSchema !== undefined && !isForced(toolChoice);
    if (held && !thinking) return 'answer';
    if (calling === undefined && owes !== undefined) return `beginning ${owes}`;
    if (held) return 'nothing';
    if (calling === undefined || this.#triggers.includes(calling)) {
      return this.#triggers.length > 0 ? 'triggered' : 'nothing';
    }
    return `call ${calling}`;
  }

  /** What holds at a key of `keyAt`. A forced call is begun by the prompt, so that nothing triggers it. */
  at(key: string): Promise<Steer> {
    const known = this.#known.get(key) ?? this.#make(key);
    this.#known.set(key, known);
    return known;
  }

  /** The triggers that the addon itself can watch for. */
  get #triggers(): readonly string[] {
    const { format, isToken } = this.#options;
    const { toolChoice } = this.#request;
    const triggers = format.tools?.triggers ?? [];
    const watched = this.#tools.length > 0 && !isForced(toolChoice) && triggers.every(isToken);
    return watched ? triggers : [];
  }

  get #tools() {
    const { conversation, toolChoice } = this.#request;
    return admittedTools(conversation.tools, toolChoice);
  }

  async #make(key: string): Promise<Steer> {
    const written = await this.#write(key);
    const grammar = written && (await this.#options.check(written));
    if (grammar === undefined) return { key };
    return key === 'triggered' ? { key, grammar, triggers: this.#triggers } : { key, grammar };
  }

  async #write(key: string): Promise<string | undefined> {
    if (key === 'beginning thoughts') return BEGINNING_GRAMMARS.thoughts;
    if (key === 'beginning answer') return BEGINNING_GRAMMARS.answer;
    const input = this.#input(key);
    if (input === undefined) return undefined;
    const { prompts, log } = this.#options;
    const { text, degraded } = await prompts.run('grammar', input);
    for (const reason of degraded) log(reason);
    return text;
  }

  #input(key: string): GrammarInput | undefined {
    const { outputSchema, toolChoice } = this.#request;
    const parallel = toolChoice.mode !== 'none' && toolChoice.parallel;
    const tools = this.#tools.map(({ name, inputSchema }) => ({ name, inputSchema }));
    const shared = { tools, parallel, excluded: this.#options.excluded };
    if (key === 'nothing') return undefined;
    if (key === 'triggered') return { of: 'triggered', triggers: this.#triggers, ...shared };
    if (key !== 'answer') return { of: 'call', trigger: key.slice('call '.length), ...shared };
    return (
      outputSchema && { of: 'answer', schema: outputSchema, mayThink: this.#mayThink, ...shared }
    );
  }
}
