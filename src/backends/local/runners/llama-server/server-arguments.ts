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

/** Options by their names: a value, or `true` for one without. Undefined leaves one out. */
export type ProgramOptions = Readonly<Record<string, string | number | true | undefined>>;

/** Arguments of llama-server for a model. Settings of the server override those of the model's entry. */
export function serverArguments(options: ArgumentOptions): readonly string[] {
  const { spec, settings, contextSize, slots, threads, folder } = options;
  const kvType = settings.kvType ?? spec.kvType;
  const layers = settings.gpuLayers ?? spec.gpuLayers ?? 'auto';
  return written({
    '--model': spec.file,
    '--host': '127.0.0.1',
    // The system chooses the port, and the log reports it.
    '--port': 0,
    '--no-webui': true,
    '--threads': threads,
    '--parallel': slots,
    '--ctx-size': contextSize * slots,
    '--no-context-shift': true,
    '--gpu-layers': layers === 'max' ? ALL_LAYERS : layers,
    '--flash-attn': settings.flashAttention ?? spec.flashAttention,
    '--cache-type-k': kvType,
    '--cache-type-v': kvType,
    // Cache sliding windows completely, so that any prefix can be reused.
    '--swa-full': true,
    // Portico itself chooses the slot, and keeps states in files.
    '--cache-ram': 0,
    '--slot-save-path': `${folder}/`,
    ...entryOptions(spec),
  });
}

/** Options of an entry that only llama-server has. */
export function entryOptions(spec: FileSpec): ProgramOptions {
  const { speculative, draft, cpuMoe, fit, rpc, lora, mmproj } = spec;
  const fits = fit ?? (cpuMoe === 'auto' ? true : undefined);
  return {
    '--spec-type': speculative ?? (draft === undefined ? undefined : 'draft-simple'),
    '--spec-draft-model': draft,
    '--n-cpu-moe': typeof cpuMoe === 'number' ? cpuMoe : undefined,
    '--fit': fits === undefined ? undefined : onOff(fits),
    '--mmproj': mmproj,
    '--rpc': rpc?.join(','),
    '--lora': lora?.join(','),
  };
}

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}

function written(options: ProgramOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return value === true ? [name] : [name, String(value)];
  });
}
