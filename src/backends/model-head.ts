import type { LlamaModel, Token } from 'node-llama-cpp';
import type { Injection } from '../chat/inject.ts';
import type { TurnEnding } from '../chat/continuation.ts';
import { ControlTokens } from '../chat/control-tokens.ts';
import type { ChatTemplate } from '../chat/render.ts';
import { findSeams } from '../chat/seams.ts';
import { formatTags, turnEnds } from '../chat/turn-ends.ts';
import { noChatTemplate } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import type { ModelSpec } from '../core/model.ts';
import { createRenderer } from './native-llama.ts';
import type { NativeLlama } from './native-llama.ts';
import { readTemplate } from './template-reading.ts';
import { controlTokenTexts } from './vocabulary.ts';

/** What a model's file says before its weights are loaded: enough to render and to count. */
export interface ModelHead {
  readonly model: LlamaModel;
  readonly template: ChatTemplate;
  /** Texts of the tokens that steer it. */
  readonly controlTexts: readonly string[];
  /** Tokens that end the model's turn, beyond those that its file counts as ends. */
  readonly turnEnds: ReadonlySet<Token>;
  /** How its answers end in a prompt. */
  readonly ending: TurnEnding;
  /** What instructions in the prompt stand for, since the template does not know it. */
  readonly injection: Injection;
  /** The context size that the model was trained on, in tokens; undefined if its file does not say. */
  readonly trainedContext: number | undefined;
}

/**
 * Reads a model's vocabulary and chat template. Throws `model-load-failed`, and `unsupported` if it has no template.
 *
 * @param markers texts that steer as control tokens do, though the vocabulary has none of them
 */
export async function readHead(
  native: NativeLlama,
  spec: ModelSpec & { readonly file: string },
  markers: readonly string[] = [],
): Promise<ModelHead> {
  const model = await native.loadModel({ modelPath: spec.file, vocabOnly: true });
  const source = spec.template ?? model.fileInfo.metadata.tokenizer.chat_template;
  if (source === undefined || source === '') {
    throw noChatTemplate(spec.name);
  }
  const bos = model.tokens.bosString ?? '';
  const eos = model.tokens.eosString ?? '';
  const { render, format, traits, injection } = readTemplate(
    createRenderer(native.llama, source),
    source,
    { bos, eos },
  );
  const tags = formatTags(format);
  const texts = controlTokenTexts(model, [source, ...tags].join('\n'));
  const control = new ControlTokens([...texts, ...markers], tags);
  const template = { render, format, traits, control, bos, eos };
  const isEnd = (token: Token) => model.isEogToken(token);
  const tokensOf = (text: string) => model.tokenize(text, true);
  const ending = [...turnEnds(template)];
  const ends = new Set([...ending, ...texts.filter((text) => tokensOf(text).some(isEnd))]);
  return {
    model,
    injection,
    template,
    controlTexts: texts,
    turnEnds: new Set(ending.flatMap(tokensOf)),
    ending: { seams: findSeams(template, ends), ends },
    trainedContext: contextLength(model),
  };
}

/** `<architecture>.context_length` of the GGUF's metadata. */
function contextLength(model: LlamaModel): number | undefined {
  const section: unknown = Reflect.get(
    model.fileInfo.metadata,
    model.fileInfo.metadata.general.architecture,
  );
  const length = isRecord(section) ? section['context_length'] : undefined;
  return typeof length === 'number' && length > 0 ? length : undefined;
}
