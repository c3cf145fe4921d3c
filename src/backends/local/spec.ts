import type {
  EngineKind,
  FlashAttention,
  GpuLayers,
  KvType,
  PromptLookupMode,
} from '../../config/engine-options.ts';
import type { ModelSpec } from '../../core/model.ts';

/** Model from a GGUF file. */
export interface LocalSpec extends ModelSpec {
  /** Absent means `built-in`. */
  readonly engine?: EngineKind;
  /** Absolute path of the projector (mmproj), for vision. */
  readonly mmproj?: string;
  /** Uses a separate text engine for conversations without pictures. Both engines are in memory. */
  readonly picturesApart?: boolean;
  /** Number of concurrent requests; absent means as many as memory allows. */
  readonly parallel?: number;
  /** CPU threads; absent means that the backend decides. */
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
