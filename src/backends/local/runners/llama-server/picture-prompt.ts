import { createHash } from 'node:crypto';
import type { Token } from 'node-llama-cpp';
import type { GenerationRequest } from '../../../../core/backend.ts';
import { raceAbort } from '../../../../core/abort.ts';
import type { ModelMetadata } from '../../model/model-metadata.ts';
import { joinPrompt, MARKER, markImages } from '../../pictures/image-placeholders.ts';
import type { PictureFitter } from '../../pictures/picture-fitter.ts';
import { refuseBySize, renderRequest } from '../../prompts/render-request.ts';
import type { WrittenPrompt } from '../../runner.ts';

/**
 * Prompt in the form of llama-server: tokens, in which a negative one is a picture. llama-server takes pictures
 * only in a text, so a prompt with pictures has its text too.
 */
export type ServerPrompt = readonly Token[] & { readonly media?: PromptMedia };

/** Text with a marker for each picture, and the pictures. */
export interface PromptMedia {
  readonly text: string;
  /** Pictures by their tokens, in the order of the markers. */
  readonly pictures: readonly (readonly [Token, string])[];
}

/** Returns true for the token of a picture. */
export function isPicture(token: Token): boolean {
  return token < 0;
}

/**
 * Renders a request with pictures. It never continues a transcript, because llama-server takes no tokens beside
 * pictures.
 *
 * @param most largest number of tokens
 * @throws {RuntimeFailure} `prompt-too-long`; `invalid-request` for pictures that can't be decoded
 */
export async function writePictures(
  head: ModelMetadata,
  fitter: PictureFitter,
  request: GenerationRequest,
  most: number,
  signal: AbortSignal,
): Promise<WrittenPrompt<ServerPrompt>> {
  const marked = markImages(request.conversation);
  const asked = { ...request, conversation: marked.conversation };
  const { prompt: rendered, forced } = await renderRequest(head, asked, [], signal);
  const { model, bos } = head;
  const adds = model.tokens.shouldPrependBosToken;
  const joined = joinPrompt(rendered.stretches, marked, adds ? bos : '');
  const text = `${joined.text}${forced ?? ''}`;
  refuseBySize(head.tokenizer.least([{ text, control: false }]), most);
  const fitted = await raceAbort(fitter.fit(joined.images), signal);
  const pictures = fitted.map((url) => pictureOf(url));
  const tokens: Token[] = adds && model.tokens.bos !== null ? [model.tokens.bos] : [];
  for (const [index, part] of text.split(MARKER).entries()) {
    // llama-server tokenizes the texts between pictures one by one too.
    for (const token of model.tokenize(part, true)) tokens.push(token);
    const [picture] = pictures[index] ?? [];
    if (picture !== undefined) tokens.push(picture);
  }
  return { rendered, forced, prompt: Object.assign(tokens, { media: { text, pictures } }) };
}

/** Token of a picture by its content, and its data in base64. */
function pictureOf(url: string): readonly [Token, string] {
  const hash = createHash('sha256').update(url).digest().readUInt32LE() & 0x7f_ff_ff_ff;
  return [tokenOf(-1 - hash), url.slice(url.indexOf(',') + 1)];
}

/** Narrows an id to a token. */
export function tokenOf(id: number): Token {
  if (isToken(id)) return id;
  throw new TypeError(`${id} is not a token`);
}

function isToken(id: number): id is Token {
  return Number.isInteger(id);
}
