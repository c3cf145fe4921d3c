import {
  writeAnswerGrammar,
  writeCallGrammar,
  writeTriggeredGrammar,
} from '../../../formats/call-grammar.ts';
import { renderContinuation } from '../../../prompt/continuation.ts';
import type { TurnEnding } from '../../../prompt/continuation.ts';
import { ControlTokens } from '../../../prompt/control-tokens.ts';
import type { PromptStretch } from '../../../prompt/control-tokens.ts';
import { chooseFormat } from '../../../formats/choose.ts';
import { injectedFormat } from '../../../prompt/inject.ts';
import { instructedRequest } from '../../../prompt/instructed.ts';
import { renderPrompt } from '../../../prompt/render.ts';
import type { ChatTemplate, Prompt, TemplateRenderer } from '../../../prompt/render.ts';
import { findTurnClosings } from '../../../prompt/turn-closing.ts';
import { isForced } from '../../../prompt/tool-choice.ts';
import { formatTags, turnEnds } from '../../../prompt/turn-ends.ts';
import type { GenerationRequest } from '../../../core/backend.ts';
import { RuntimeFailure, messageOf } from '../../../core/failure.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { CallableTool } from '../../../formats/format.ts';
import { requireCompilable } from './schema-limits.ts';
import { templateLimitExceeded } from './template-limits.ts';
import { readTemplate } from '../model/template-reading.ts';
import type { TemplateReading } from '../model/template-reading.ts';

/** Chat template in Jinja, with the texts of the vocabulary's first and last token. */
export interface TemplateSource {
  readonly model: string;
  readonly source: string;
  readonly bos: string;
  readonly eos: string;
}

/** Findings about a chat template, as plain data. */
export type TemplateFindings = Pick<TemplateReading, 'traits' | 'injection' | 'layout'> & {
  /** Line for the log if llama.cpp's Jinja can't render the template. */
  readonly notice?: string;
};

type CreateRenderer = (source: string, onFallback?: (reason: string) => void) => TemplateRenderer;

/** Chat template with texts of its vocabulary. */
export interface TemplateSetup extends TemplateSource, TemplateFindings {
  /** Texts with a special meaning to the model: those of control tokens, and markers. */
  readonly controlTexts: readonly string[];
  /** Texts of the end tokens of the model's file. */
  readonly ends: readonly string[];
}

/** Request to render. */
export interface WriteInput {
  readonly request: Pick<
    GenerationRequest,
    'conversation' | 'toolChoice' | 'thinking' | 'effort' | 'outputSchema'
  >;
  /** Indexes of the answers with a transcript, in the order to try them. */
  readonly answers: readonly number[];
}

/** Part of a request that is rendered. */
export function renderable({
  conversation,
  toolChoice,
  thinking,
  effort,
  outputSchema,
}: GenerationRequest): WriteInput['request'] {
  return {
    conversation,
    toolChoice,
    thinking,
    ...(effort !== undefined && { effort }),
    ...(outputSchema !== undefined && { outputSchema }),
  };
}

/** Rendered request. */
export interface WrittenRequest {
  readonly prompt: Prompt;
  /** Index of the answer after which the prompt continues; absent if it is complete. */
  readonly answer?: number;
  /** Trigger that ends the prompt, if a call is forced. */
  readonly forced?: string;
  /** Trigger as stretches. */
  readonly trigger: readonly PromptStretch[];
}

/** Grammar to write: of calls after a trigger, of an answer, or of an answer from its triggers on. */
export type GrammarInput = {
  readonly tools: readonly CallableTool[];
  readonly parallel: boolean;
  /** Texts that free text must not contain. */
  readonly excluded?: readonly string[];
} & (
  | { readonly of: 'call'; readonly trigger: string }
  | { readonly of: 'answer'; readonly schema: JsonObject; readonly mayThink: boolean }
  | { readonly of: 'triggered'; readonly triggers: readonly string[] }
);

/** Grammar in GBNF, and its deviations from the schemas. */
export interface WrittenGrammar {
  readonly text: string;
  readonly degraded: readonly string[];
}

/** Longest text of a rendering, in UTF-16 units: twice the largest request body. */
const MOST_CHARACTERS = 64 * 2 ** 20;

/** Jobs of one model: rendering by its chat template, and writing of grammars. */
export class PromptWork {
  readonly #createRenderer: CreateRenderer;
  #configured: { readonly setup: TemplateSetup; readonly template: ChatTemplate } | undefined;
  #ending: TurnEnding | undefined;

  constructor(createRenderer: CreateRenderer) {
    this.#createRenderer = createRenderer;
  }

  /** Probes a template, and chooses the format of its model's output. */
  read(template: TemplateSource): TemplateFindings {
    let notice: string | undefined;
    const render = this.#rendererOf(template, (reason) => {
      notice = `llama.cpp can't render the chat template of ${template.model}, so @huggingface/jinja does: ${reason}`;
    });
    const { traits, injection, layout } = readTemplate(render, template.source, template);
    return { traits, injection, layout, ...(notice !== undefined && { notice }) };
  }

  /** Sets the template for all later jobs. Returns the texts that end a turn of its model. */
  configure(setup: TemplateSetup): readonly string[] {
    const format = injectedFormat(chooseFormat(setup.source, setup.layout), setup.injection);
    const control = new ControlTokens(setup.controlTexts, formatTags(format));
    const { traits, bos, eos } = setup;
    const template = { render: this.#rendererOf(setup), format, traits, control, bos, eos };
    const ending = [...turnEnds(template)];
    const ends = new Set([...ending, ...setup.ends]);
    this.#configured = { setup, template };
    this.#ending = { closings: findTurnClosings(template, ends), ends };
    return ending;
  }

  /** Configured template. */
  get template(): ChatTemplate {
    return this.#current.template;
  }

  /**
   * Renders a request after the last answer that the template can continue from.
   *
   * @throws {RuntimeFailure} `invalid-request` for a conversation that the template refuses, and for schemas that are
   *   too large
   */
  write({ request, answers }: WriteInput): WrittenRequest {
    const { setup, template } = this.#current;
    requireCompilable(request);
    const syntax = template.format.tools;
    const forced = isForced(request.toolChoice)
      ? (syntax?.forced ?? syntax?.triggers[0])
      : undefined;
    const trigger = forced === undefined ? [] : template.control.split(forced);
    const end = { trigger, ...(forced !== undefined && { forced }) };
    try {
      const asked = instructedRequest(request, setup.injection, forced !== undefined);
      for (const answer of answers) {
        const prompt = this.#ending && renderContinuation(template, this.#ending, asked, answer);
        if (prompt !== undefined) return { prompt, answer, ...end };
      }
      return { prompt: renderPrompt(template, asked), ...end };
    } catch (error) {
      throw renderingFailure(error, setup.model);
    }
  }

  /** Writes a grammar. A schema that can't be compiled allows any JSON object. */
  grammar(input: GrammarInput): WrittenGrammar {
    const { format } = this.#current.template;
    const degraded: string[] = [];
    const onDegraded = (why: string) => degraded.push(why);
    const options = { ...input, format, onDegraded };
    switch (input.of) {
      case 'call':
        return { text: writeCallGrammar(input.trigger, options), degraded };
      case 'answer':
        return { text: writeAnswerGrammar(input.schema, input.mayThink, options), degraded };
      case 'triggered':
        return { text: writeTriggeredGrammar(input.triggers, options), degraded };
      default:
        return input satisfies never;
    }
  }

  get #current() {
    if (this.#configured === undefined) {
      throw new RuntimeFailure('internal', 'The prompt process has no template.');
    }
    return this.#configured;
  }

  #rendererOf(
    { source, model }: TemplateSource,
    onFallback?: (reason: string) => void,
  ): TemplateRenderer {
    const render = this.#createRenderer(source, onFallback);
    return (variables) => {
      const rendered = render(variables);
      if (rendered.length > MOST_CHARACTERS) {
        throw templateLimitExceeded(model, `wrote more than ${MOST_CHARACTERS} characters`);
      }
      return rendered;
    };
  }
}

/** Failure of a rendering, with the template's own words if it refuses the conversation. */
function renderingFailure(error: unknown, model: string): RuntimeFailure {
  if (error instanceof RuntimeFailure) return error;
  return new RuntimeFailure(
    'invalid-request',
    `the chat template of ${model} refuses this conversation: ${messageOf(error)}`,
    { cause: error, subject: 'messages' },
  );
}
