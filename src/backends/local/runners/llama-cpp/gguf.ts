import { stat } from 'node:fs/promises';
import { GgufFileType, readGgufFileInfo } from 'node-llama-cpp';
import type { GgufFileInfo } from 'node-llama-cpp';
import { messageOf, RuntimeFailure } from '../../../../core/failure.ts';
import { isRecord } from '../../../../core/json.ts';
import { isSystemError, requireGguf, unreadableGguf } from '../../model/require-gguf.ts';

/** Facts of a model in the header of its GGUF file. */
export interface GgufHeader {
  readonly title: string | undefined;
  readonly architecture: string;
  /** Name such as `Q4_K_M`; undefined if the file does not contain it. */
  readonly quantization: string | undefined;
  /** Context size of the training in tokens. */
  readonly trainedContext: number | undefined;
  readonly license: string | undefined;
  /** Chat template of the model, in Jinja. */
  readonly template: string | undefined;
  readonly bos: string;
  readonly eos: string;
}

/**
 * Reads the header of a GGUF file, and all parts of a split one.
 *
 * @throws {RuntimeFailure} `unsupported` if it is damaged, `model-load-failed` if the system can't read it
 */
export async function readGguf(file: string): Promise<GgufFileInfo> {
  requireGguf(file);
  try {
    return await readGgufFileInfo(file, { sourceType: 'filesystem', logWarnings: false });
  } catch (error) {
    if (!isSystemError(error)) throw unreadableGguf(file, error);
    throw new RuntimeFailure('model-load-failed', `${file} can't be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** Selects the facts to show from a header. Missing ones are undefined. */
export function headerOf({ metadata }: GgufFileInfo): GgufHeader {
  const general: unknown = metadata.general;
  const { architecture } = metadata.general;
  const vocabulary: unknown = Reflect.get(metadata.tokenizer, 'ggml');
  return {
    title: textAt(general, 'name'),
    architecture,
    quantization: quantizationOf(metadata.general.file_type),
    trainedContext: numberAt(Reflect.get(metadata, architecture), 'context_length'),
    license: textAt(general, 'license'),
    template: metadata.tokenizer.chat_template || undefined,
    bos: tokenAt(vocabulary, 'bos_token_id'),
    eos: tokenAt(vocabulary, 'eos_token_id'),
  };
}

/**
 * Size of a model's files in bytes. Throws `unsupported` if it is smaller than the header requires.
 *
 * @param weights bytes of all tensors
 */
export async function sizeOf({ sourceData }: GgufFileInfo, weights: number): Promise<number> {
  let bytes = 0;
  let headers = 0;
  for (const source of sourceData) {
    if (source.type !== 'path') continue;
    bytes += (await stat(source.path)).size;
    headers += source.length;
  }
  if (bytes >= headers + weights) return bytes;
  const [first] = sourceData;
  throw new RuntimeFailure(
    'unsupported',
    `${first?.type === 'path' ? first.path : 'The file'} is cut off: it has ${bytes} bytes of ` +
      `${headers + weights}. Remove it, and download it again.`,
  );
}

/** Name of the quantization. The library calls a file of mostly Q4_K_M tensors `MOSTLY_Q4_K_M`. */
function quantizationOf(fileType: GgufFileType | undefined): string | undefined {
  return fileType === undefined ? undefined : GgufFileType[fileType]?.replace(/^(MOSTLY|ALL)_/, '');
}

function textAt(section: unknown, key: string): string | undefined {
  const value = isRecord(section) ? section[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberAt(section: unknown, key: string): number | undefined {
  const value = isRecord(section) ? section[key] : undefined;
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function tokenAt(vocabulary: unknown, key: string): string {
  const tokens = isRecord(vocabulary) ? vocabulary['tokens'] : undefined;
  const id = isRecord(vocabulary) ? vocabulary[key] : undefined;
  const token: unknown = Array.isArray(tokens) && typeof id === 'number' ? tokens[id] : undefined;
  return typeof token === 'string' ? token : '';
}
