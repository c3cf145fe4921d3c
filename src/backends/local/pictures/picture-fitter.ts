import { createHash } from 'node:crypto';
import type { ImagePart } from '../../../core/conversation.ts';
import { WeightedCache } from '../../../core/weighted-cache.ts';
import { fitPicture } from './picture.ts';

/** Cached characters of data URLs, because an agent sends its pictures with every request. */
const KEPT_CHARACTERS = 32 * 1024 * 1024;

/** Fits pictures to a vision encoder, one at a time, and caches the results. */
export class PictureFitter {
  readonly #size: number | undefined;
  readonly #kept = new WeightedCache<string>(KEPT_CHARACTERS);
  #last: Promise<unknown> = Promise.resolve();

  /** @param size see `fitPicture` */
  constructor(size: number | undefined) {
    this.#size = size;
  }

  /** Returns pictures as data URLs, in their order. Throws like `fitPicture`. */
  async fit(images: readonly ImagePart[]): Promise<readonly string[]> {
    const fitted: string[] = [];
    for (const image of images) fitted.push(await this.#fitOne(image));
    return fitted;
  }

  async #fitOne(image: ImagePart): Promise<string> {
    const data = image.source.kind === 'base64' ? image.source.data : '';
    const key = createHash('sha256').update(data).digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    // One at a time: a large picture takes hundreds of megabytes during its decoding.
    const turn = this.#last.then(() => fitPicture(image, this.#size));
    this.#last = turn.catch(() => undefined);
    const url = await turn;
    this.#kept.set(key, url, key.length + url.length);
    return url;
  }
}
