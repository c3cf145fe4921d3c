import type { CallBody } from './layout.ts';

/** A call in a rendering: its layout, and the indexes of its beginning and end. */
export interface FoundCall {
  readonly body: CallBody;
  readonly from: number;
  readonly to: number;
}

/** Renderings of calls, without what is around every turn. */
export interface CallRegions {
  readonly call: string;
  readonly calls: string | undefined;
  readonly twoKeys: string | undefined;
  readonly kinds: string | undefined;
  /** True if quotation marks in texts are escaped, as in JSON. */
  readonly isEscaped: boolean;
}
