import { GgufInsights } from 'node-llama-cpp';
import { chooseFormat } from '../../../../formats/choose.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { FileDescription } from '../../../definition.ts';
import type { LocalSpec } from '../../spec.ts';
import { engineCapabilities } from '../../capabilities.ts';
import { contextSizeFor } from '../../context-size.ts';
import { headerOf, readGguf, sizeOf } from './gguf.ts';
import { loadSettingsFor } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { contextKind, cpuContext } from './memory.ts';
import { startLlama } from '../../model/native-llama.ts';
import { PromptProcess } from '../../prompts/prompt-process.ts';
import type { TemplateFindings, TemplateSource } from '../../prompts/prompt-work.ts';

/**
 * Describes a model by the header of its file. Throws `unsupported` if it is damaged.
 *
 * @param context context size in tokens from the server's settings, for models whose entry has none
 */
export async function describeGguf(
  spec: LocalSpec,
  context: number | undefined,
): Promise<FileDescription> {
  if (spec.file === undefined) {
    throw new RuntimeFailure('unsupported', `${spec.name} names no GGUF file.`);
  }
  const info = await readGguf(spec.file);
  const { bos, eos, template, ...header } = headerOf(info);
  const { llama } = await startLlama();
  try {
    const insights = await GgufInsights.from(info, llama);
    const fileBytes = await sizeOf(info, insights.modelSize);
    const contextSize = contextSizeFor(
      { model: spec.context, server: context },
      header.trainedContext,
    );
    const source = spec.template ?? template;
    const reading =
      source === undefined ? undefined : await readTemplate({ model: spec.name, source, bos, eos });
    const format = source === undefined ? undefined : chooseFormat(source, reading?.layout);
    return {
      ...header,
      parameters: insights.totalParameters,
      fileBytes,
      memoryBytes: await estimateMemory(
        insights,
        contextSize,
        loadSettingsFor(spec, {}, 1, cpuContext(llama, info, contextSize)),
      ),
      context: contextSize,
      templateFamily: format?.name,
      injected: reading?.injection,
      capabilities: reading && engineCapabilities(contextSize, reading.traits),
    };
  } finally {
    await llama.dispose();
  }
}

async function readTemplate(template: TemplateSource): Promise<TemplateFindings> {
  const prompts = new PromptProcess({ model: template.model });
  try {
    return await prompts.run('read', template);
  } finally {
    prompts.close();
  }
}

/** Estimates the bytes of the weights, and of the context of one slot. */
async function estimateMemory(
  insights: GgufInsights,
  contextSize: number,
  settings: LoadSettings,
): Promise<number> {
  // Without layers on a GPU, all memory is counted in one place.
  const gpuLayers = 0;
  const weights = await insights.estimateModelResourceRequirementsV2({ gpuLayers });
  const context = await insights.estimateContextResourceRequirementsV2({
    contextSize,
    modelGpuLayers: gpuLayers,
    sequences: 1,
    ...contextKind(settings),
  });
  return [weights, context].reduce((sum, { cpuRam, gpuVram }) => sum + cpuRam + gpuVram, 0);
}
