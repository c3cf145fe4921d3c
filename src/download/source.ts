import { RuntimeFailure } from '../core/failure.ts';

/** Source of a model's file. */
export type DownloadSource =
  | {
      readonly kind: 'hub';
      /** `user/model` on Hugging Face. */
      readonly repository: string;
      /** Selector of a file: by quantization, by path, or the default. */
      readonly wanted:
        | { readonly by: 'quantization'; readonly tag: string }
        | { readonly by: 'path'; readonly path: string }
        | { readonly by: 'default' };
    }
  | { readonly kind: 'url'; readonly url: string };

const HUB = /^hf:([\w.-]+\/[\w.-]+?)(?:\/([^:\s]+\.gguf)|:([\w.-]+))?$/i;

/** Returns true for a text that is meant as a source and not as a model's name. */
export function isSource(text: string): boolean {
  return /^(hf:|https?:\/\/)/i.test(text);
}

/**
 * Parses `hf:user/model`, `hf:user/model:quantization`, `hf:user/model/path.gguf` or the URL of a
 * GGUF file.
 *
 * @throws {invalid-request} for any other text
 */
export function parseSource(text: string): DownloadSource {
  const [, repository, path, tag] = HUB.exec(text) ?? [];
  if (repository !== undefined) {
    if (path !== undefined) return { kind: 'hub', repository, wanted: { by: 'path', path } };
    if (tag !== undefined) return { kind: 'hub', repository, wanted: { by: 'quantization', tag } };
    return { kind: 'hub', repository, wanted: { by: 'default' } };
  }
  if (/^https?:/i.test(text) && URL.canParse(text) && /\.gguf$/i.test(new URL(text).pathname)) {
    return { kind: 'url', url: text };
  }
  throw new RuntimeFailure(
    'invalid-request',
    `'${text}' is not a source of a GGUF file; ` +
      'use hf:user/model:quantization, such as hf:unsloth/Qwen3-0.6B-GGUF:Q4_K_M, ' +
      'or the https:// address of a .gguf file',
  );
}

/** Short name for a source's model: `qwen3-0.6b` for `hf:unsloth/Qwen3-0.6B-GGUF`. */
export function nameOf(source: DownloadSource): string {
  const title =
    source.kind === 'hub'
      ? (source.repository.split('/')[1] ?? source.repository)
      : decodeURIComponent(new URL(source.url).pathname.split('/').at(-1) ?? '');
  return title
    .replace(/\.gguf$/i, '')
    .replace(/-\d{5}-of-\d{5}$/, '')
    .replace(/[-_.]gguf$/i, '')
    .replaceAll(/[\s\p{Cc}]+/gu, '-')
    .toLowerCase();
}
