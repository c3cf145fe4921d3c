import type {
  FlashAttention,
  GpuLayers,
  KvType,
  PromptLookupMode,
} from '../../config/engine-options.ts';
import type { ModelSpec } from '../../core/model.ts';

/** A model from a GGUF file. */
export interface LocalSpec extends ModelSpec {
  /** The absolute path of the projector (mmproj) by which a model from a file sees. */
  readonly mmproj?: string;
  /** Conversations without pictures go to the engine for text, at the price of both in memory. */
  readonly picturesApart?: boolean;
  /** Number of concurrent requests; absent means as many as memory allows. */
  readonly parallel?: number;
  /** CPU threads; absent means what the backend finds right. */
  readonly threads?: number;
  /** Absent means `auto`. */
  readonly gpuLayers?: GpuLayers;
  /** Absent means `auto`. */
  readonly flashAttention?: FlashAttention;
  /** Absent means `f16`. */
  readonly kvType?: KvType;
  /** Absent means `auto`. */
  readonly promptLookup?: PromptLookupMode;
}
