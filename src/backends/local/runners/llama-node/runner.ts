import type { GenerationRequest } from '../../../../core/backend.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import { raceAbort } from '../../../../core/abort.ts';
import { commonLength } from '../../../../prompt/prompt-prefix.ts';
import type { EngineLog, EngineSettings } from '../../engine-settings.ts';
import { grammarFeaturesOf } from '../../model/grammar-features.ts';
import { openMetadata } from '../../model/model-metadata.ts';
import type { FileSpec, ModelMetadata } from '../../model/model-metadata.ts';
import { refuseBySize, renderRequest } from '../../prompts/render-request.ts';
import type { Runner, WrittenPrompt } from '../../runner.ts';
import type { Transcript } from '../../transcripts.ts';
import { loadAddon } from './addon.ts';
import { VisionContext } from './context.ts';
import { addonPrompt } from './context-options.ts';
import type { AddonPrompt, VisionSpec } from './context-options.ts';
import { joinPrompt, MARKER, markImages } from '../../pictures/image-placeholders.ts';
import { runnerOf } from './loaded-runner.ts';
import { threadsFor } from '../../threads.ts';
import { PictureFitter } from '../../pictures/picture-fitter.ts';
import { readProjector } from '../../pictures/projector.ts';
import { openStateFile } from './state-file.ts';
import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import type { LlamaModel } from 'node-llama-cpp';
import type { LoadNeeds } from '../../memory/eviction.ts';

/** Options of a runner. */
export interface LlamaNodeOptions {
  readonly spec: FileSpec;
  readonly settings: EngineSettings;
  readonly log: EngineLog;
  /** Ends the process, because the native context is in an unknown state. */
  readonly abandon: () => void;
}

/**
 * Opens a model and its projector for the addon of llama.node. It has one slot, and one completion for each part of an
 * answer with its own grammar. node-llama-cpp provides the vocabulary. Reads the metadata of both files. Throws like
 * `openHead`.
 */
export async function openLlamaNode(
  options: LlamaNodeOptions,
): Promise<Runner<AddonPrompt, string>> {
  const { settings, log, abandon } = options;
  const spec = withProjector(options.spec);
  const pictures = new PictureFitter((await readProjector(spec.mmproj)).imageSize);
  const { native, head } = await openMetadata(spec, [MARKER]);
  if (head.notice !== undefined) log(head.notice);
  const { llama } = native;
  return {
    head,
    images: true,
    grammarFeatures: grammarFeaturesOf(head),
    write: async (...asked) => write(head, pictures, ...asked),
    count: async (prompt, signal) => countText(head, prompt, signal),
    commonPrefix(one, other) {
      const text = other.text.slice(0, commonLength(one.text, other.text));
      return addonPrompt(text, other.pictures.slice(0, text.split(MARKER).length - 1));
    },
    async load({ contextSize, reserve, onProgress }) {
      const addon = loadAddon();
      const needs = await loadNeeds(head.model, spec.mmproj, contextSize);
      await reserve(needs);
      const threads = threadsFor(spec, settings, llama.cpuMathCores);
      const loading = { spec, settings, contextSize, threads, onProgress };
      return runnerOf({
        context: VisionContext.load(addon, loading),
        llama,
        threads,
        abandon,
        state: await openStateFile(settings.states, needs.context / contextSize, log),
        ends: [...head.turnEnds].map((token) => head.model.detokenize([token], true)),
        countText: (text) => head.model.tokenize(text, true).length,
      });
    },
    async close() {
      head.prompts.close();
      await native.close();
    },
  };
}

/** Narrows a model to one with a projector. Throws `model-load-failed` if it has none. */
function withProjector({ mmproj, ...spec }: FileSpec): VisionSpec {
  if (mmproj !== undefined) return { ...spec, mmproj };
  throw new RuntimeFailure(
    'unsupported',
    `${spec.name} needs two GGUF files: \`file:\` and \`mmproj:\` in models.yaml.`,
  );
}

async function write(
  head: ModelMetadata,
  pictures: PictureFitter,
  request: GenerationRequest,
  known: readonly Transcript<AddonPrompt>[],
  most: number,
  signal: AbortSignal,
): Promise<WrittenPrompt<AddonPrompt>> {
  const marked = markImages(request.conversation);
  const asked = { ...request, conversation: marked.conversation };
  const written = await renderRequest(head, asked, known, signal);
  const { prompt: rendered, forced, before = addonPrompt('') } = written;
  const joined = joinPrompt(rendered.stretches, marked, leadOf(head));
  const text = `${before.text}${joined.text}${forced ?? ''}`;
  refuseBySize(head.tokenizer.least([{ text, control: false }]), most);
  const fitted = await raceAbort(pictures.fit(joined.images), signal);
  return { rendered, forced, prompt: addonPrompt(text, [...before.pictures, ...fitted]) };
}

/** Counts a text like the addon. Only the loaded projector can count pictures. */
async function countText(
  head: ModelMetadata,
  { text, pictures }: AddonPrompt,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (pictures.length > 0) return undefined;
  return (await head.tokenizer.count(text, signal)) + (leadOf(head) === '' ? 0 : 1);
}

/** Text of the first token, if llama.cpp itself adds it before a prompt for this vocabulary. */
function leadOf({ model, bos }: ModelMetadata): string {
  return model.tokens.shouldPrependBosToken ? bos : '';
}

/** Estimates the memory of a model with its projector and one slot, as main memory only. */
async function loadNeeds(
  { fileInsights }: LlamaModel,
  mmproj: string,
  contextSize: number,
): Promise<LoadNeeds> {
  const [weights, context] = await Promise.all([
    fileInsights.estimateModelResourceRequirementsV2({ gpuLayers: 0 }),
    fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      modelGpuLayers: 0,
      sequences: 1,
      swaFullCache: true,
    }),
  ]);
  return {
    place: 'CPU',
    free: Math.min(process.availableMemory(), freemem()),
    weights: weights.cpuRam + statSync(mmproj).size,
    context: context.cpuRam,
    sequence: 0,
    parallel: 1,
  };
}
