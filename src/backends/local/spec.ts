import type {
  EngineKind,
  FlashAttention,
  GpuLayers,
  KvType,
  PromptLookupMode,
  Speculation,
  TextEngine,
} from '../../config/engine-options.ts';
import type { ModelSpec } from '../../core/model.ts';

/** Model from a GGUF file. */
export interface LocalSpec extends ModelSpec {
  /** Absent means `llama-server` if an option below needs it, otherwise `built-in`. */
  readonly engine?: EngineKind;
  /** Absolute path of the projector (mmproj), for vision. */
  readonly mmproj?: string;
  /** Engine for conversations without pictures; absent means `shared`. With `separate`, both engines are in memory. */
  readonly textEngine?: TextEngine;
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
  /** Speculative decoding; absent means `draft-simple` with a draft model, otherwise none. Needs llama-server, as the next ones do. */
  readonly speculative?: Speculation;
  /** Absolute path of the draft model. */
  readonly draft?: string;
  /** Layers whose experts are in main memory; `auto` decides by the free memory of the GPU. */
  readonly cpuMoe?: 'auto' | number;
  /** Fits unset options to the memory of the GPU. Absent leaves it to llama-server. */
  readonly fit?: boolean;
  /** Addresses of RPC servers on other machines. */
  readonly rpc?: readonly string[];
  /** Absolute paths of LoRA adapters. */
  readonly lora?: readonly string[];
}
