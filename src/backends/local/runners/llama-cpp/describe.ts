import { GgufInsights } from 'node-llama-cpp';
import { chooseFormat } from '../../../../formats/choose.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { FileDescription } from '../../../definition.ts';
import type { EngineSettings } from '../../engine-settings.ts';
import type { LocalSpec } from '../../spec.ts';
import { engineCapabilities } from '../../capabilities.ts';
import { contextSizeFor } from '../../context-size.ts';
import { decideAttention, decisionText } from './flash-attention/decision.ts';
import { readAttention } from './flash-attention/record.ts';
import { headerOf, readGguf, sizeOf } from './gguf.ts';
import { loadSettingsFor } from './load-settings.ts';
import type { LoadSettings } from './load-settings.ts';
import { contextKind, cpuContext } from './memory.ts';
import { weightsIdentity } from '../../states/identity.ts';
import { addonVersion, startLlama } from '../../model/native-llama.ts';
import { PromptProcess } from '../../prompts/prompt-process.ts';
import type { TemplateFindings, TemplateSource } from '../../prompts/prompt-work.ts';

/** Describes a model by the header of its file. Throws `unsupported` if it is damaged. */
export async function describeGguf(
  { file, ...entry }: LocalSpec,
  settings: Partial<EngineSettings>,
): Promise<FileDescription> {
  if (file === undefined) {
    throw new RuntimeFailure('unsupported', `${entry.name} names no GGUF file.`);
  }
  const spec = { ...entry, file };
  const info = await readGguf(spec.file);
  const { bos, eos, template, ...header } = headerOf(info);
  const native = await startLlama();
  const { llama } = native;
  try {
    const insights = await GgufInsights.from(info, llama);
    const fileBytes = await sizeOf(info, insights.modelSize);
    const contextSize = contextSizeFor(
      { model: spec.context, server: settings.context },
      header.trainedContext,
    );
    const source = spec.template ?? template;
    const reading =
      source === undefined ? undefined : await readTemplate({ model: spec.name, source, bos, eos });
    const format = source === undefined ? undefined : chooseFormat(source, reading?.layout);
    const loading = loadSettingsFor(spec, settings, 1);
    const attention = decideAttention({
      ...loading,
      context: cpuContext(llama, info, contextSize),
      record: await readAttention(settings.attention, await weightsIdentity(file, info)),
      addon: await addonVersion(llama),
    });
    return {
      ...header,
      parameters: insights.totalParameters,
      fileBytes,
      memoryBytes: await estimateMemory(insights, contextSize, {
        ...loading,
        flashAttention: attention.use,
      }),
      flashAttention: decisionText(attention),
      context: contextSize,
      templateFamily: format?.name,
      injected: reading?.injection,
      capabilities: reading && engineCapabilities(contextSize, reading.traits),
    };
  } finally {
    await native.close();
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
