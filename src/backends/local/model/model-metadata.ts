import type { LlamaModel, Token } from 'node-llama-cpp';
import type { ChatFormat } from '../../../formats/format.ts';
import { chooseFormat } from '../../../formats/choose.ts';
import { injectedFormat } from '../../../prompt/inject.ts';
import { formatTags } from '../../../prompt/turn-ends.ts';
import { noChatTemplate } from '../../../core/failure.ts';
import { isRecord } from '../../../core/json.ts';
import type { LocalSpec } from '../spec.ts';
import { startLlama } from './native-llama.ts';
import type { NativeLlama } from './native-llama.ts';
import { requireGguf } from './require-gguf.ts';
import { PromptProcess } from '../prompts/prompt-process.ts';
import type { TemplateFindings } from '../prompts/prompt-work.ts';
import { Tokenizer } from './tokenizer.ts';
import { controlTokenTexts } from './vocabulary.ts';

/** Model whose file is known. */
export type FileSpec = LocalSpec & { readonly file: string };

/** What a model's file says before its weights are loaded: enough to render and to count. */
export interface ModelHead extends TemplateFindings {
  readonly model: LlamaModel;
  readonly tokenizer: Tokenizer;
  /** Renders and writes grammars. */
  readonly prompts: PromptProcess;
  readonly format: ChatFormat;
  /** Text of the beginning-of-sequence token. */
  readonly bos: string;
  /** Texts of the tokens that steer it. */
  readonly controlTexts: readonly string[];
  /** Tokens that end the model's turn, beyond those that its file counts as ends. */
  readonly turnEnds: ReadonlySet<Token>;
  /** The context size that the model was trained on, in tokens; undefined if its file does not say. */
  readonly trainedContext: number | undefined;
}

/**
 * Starts llama.cpp, and reads a model's vocabulary and chat template. Throws `model-load-failed`,
 * `unsupported` if its file is damaged or has no template, and `invalid-request` if its template exceeds its limits.
 *
 * @param markers texts that steer as control tokens do, though the vocabulary has none of them
 */
export async function openHead(
  spec: FileSpec,
  markers: readonly string[] = [],
): Promise<{ readonly native: NativeLlama; readonly head: ModelHead }> {
  requireGguf(spec.file);
  // Both take a while to start.
  const prompts = new PromptProcess({ model: spec.name });
  try {
    const native = await startLlama();
    const model = await native.loadModel({ modelPath: spec.file, vocabOnly: true });
    return { native, head: await readWith(prompts, model, spec, markers) };
  } catch (error) {
    prompts.close();
    throw error;
  }
}

async function readWith(
  prompts: PromptProcess,
  model: LlamaModel,
  spec: LocalSpec,
  markers: readonly string[],
): Promise<ModelHead> {
  const source = spec.template ?? model.fileInfo.metadata.tokenizer.chat_template;
  if (source === undefined || source === '') throw noChatTemplate(spec.name);
  const bos = model.tokens.bosString ?? '';
  const template = { model: spec.name, source, bos, eos: model.tokens.eosString ?? '' };
  const reading = await prompts.run('read', template);
  const format = injectedFormat(chooseFormat(source), reading.injection);
  const controlTexts = controlTokenTexts(model, [source, ...formatTags(format)].join('\n'));
  const tokensOf = (text: string) => model.tokenize(text, true);
  const isEnd = (token: Token) => model.isEogToken(token);
  const ending = await prompts.configure({
    ...template,
    ...reading,
    controlTexts: [...controlTexts, ...markers],
    ends: controlTexts.filter((text) => tokensOf(text).some(isEnd)),
  });
  return {
    ...reading,
    model,
    tokenizer: new Tokenizer(model),
    prompts,
    format,
    bos,
    controlTexts,
    turnEnds: new Set(ending.flatMap(tokensOf)),
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
