import type { EngineSettings } from '../../engine-settings.ts';
import type { FileSpec } from '../../model/model-metadata.ts';

export interface ArgumentOptions {
  readonly spec: FileSpec;
  readonly settings: EngineSettings;
  /** Context size of each slot, in tokens. */
  readonly contextSize: number;
  readonly slots: number;
  readonly threads: number;
  /** Folder of its slot files. */
  readonly folder: string;
}

/** More layers than any model has. Without a GPU llama-server ignores it. */
const ALL_LAYERS = 999;

/** Arguments of llama-server for a model. Settings of the server override those of the model's entry. */
export function serverArguments(options: ArgumentOptions): readonly string[] {
  const { spec, settings, contextSize, slots, threads, folder } = options;
  const kvType = settings.kvType ?? spec.kvType;
  const flashAttention = settings.flashAttention ?? spec.flashAttention;
  const layers = settings.gpuLayers ?? spec.gpuLayers ?? 'auto';
  return [
    ...['--model', spec.file],
    // The system chooses the port, and the log reports it.
    ...['--host', '127.0.0.1', '--port', '0', '--no-webui'],
    ...['--threads', String(threads), '--parallel', String(slots)],
    ...['--ctx-size', String(contextSize * slots), '--no-context-shift'],
    ...[
      '--gpu-layers',
      layers === 'auto' ? 'auto' : String(layers === 'max' ? ALL_LAYERS : layers),
    ],
    ...(flashAttention === undefined ? [] : ['--flash-attn', flashAttention]),
    ...(kvType === undefined ? [] : ['--cache-type-k', kvType, '--cache-type-v', kvType]),
    // Cache sliding windows completely, so that any prefix can be reused.
    '--swa-full',
    // Portico itself chooses the slot, and keeps states in files.
    ...['--cache-ram', '0', '--slot-save-path', `${folder}/`],
  ];
}
