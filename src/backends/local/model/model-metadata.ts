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

/** Model with a file. */
export type FileSpec = LocalSpec & { readonly file: string };

/** Metadata of a model before its weights are loaded: enough to render and to count prompts. */
export interface ModelMetadata extends TemplateFindings {
  readonly model: LlamaModel;
  readonly tokenizer: Tokenizer;
  /** Renders prompts and writes grammars. */
  readonly prompts: PromptProcess;
  readonly format: ChatFormat;
  /** Text of the beginning-of-sequence token. */
  readonly bos: string;
  /** Texts of its control tokens. */
  readonly controlTexts: readonly string[];
  /** Tokens that end the model's turn, in addition to the end tokens of its file. */
  readonly turnEnds: ReadonlySet<Token>;
  /** Context size of the training in tokens; undefined if its file does not contain it. */
  readonly trainedContext: number | undefined;
}

/**
 * Starts llama.cpp, and reads a model's vocabulary and chat template. Throws `model-load-failed`,
 * `unsupported` if its file is damaged or has no template, and `invalid-request` if its template exceeds its limits.
 *
 * @param markers texts with the effect of control tokens that are not in the vocabulary
 */
export async function openMetadata(
  spec: FileSpec,
  markers: readonly string[] = [],
): Promise<{ readonly native: NativeLlama; readonly head: ModelMetadata }> {
  requireGguf(spec.file);
  // Both take a while to start.
  const prompts = new PromptProcess({ model: spec.name });
  try {
    const native = await startLlama();
    try {
      const model = await native.loadModel({ modelPath: spec.file, vocabOnly: true });
      return { native, head: await readWith(prompts, model, spec, markers) };
    } catch (error) {
      await native.close();
      throw error;
    }
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
): Promise<ModelMetadata> {
  const source = spec.template ?? model.fileInfo.metadata.tokenizer.chat_template;
  if (source === undefined || source === '') throw noChatTemplate(spec.name);
  const bos = model.tokens.bosString ?? '';
  const template = { model: spec.name, source, bos, eos: model.tokens.eosString ?? '' };
  const reading = await prompts.run('read', template);
  const format = injectedFormat(chooseFormat(source, reading.layout), reading.injection);
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
