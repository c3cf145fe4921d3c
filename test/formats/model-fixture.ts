import { readdirSync } from 'node:fs';
import { readTemplate } from '../../src/backends/local/model/template-reading.ts';
import type { TemplateReading } from '../../src/backends/local/model/template-reading.ts';
import { bindingsOf, createRenderer } from '../../src/backends/local/prompts/jinja.ts';
import { sharedLlama } from '../support/native-llama.ts';
import type { FamilyFixture } from './family-fixture.ts';

/** Outputs of models, and their template. Each file in `models/` exports one as `model`. */
export interface ModelFixture extends Omit<FamilyFixture, 'format'> {
  /** Templates or documentation from which marks and layout were taken. */
  readonly sources: readonly [string, ...string[]];
  /** Name of the format that reads them: that of a family, or `derived`. */
  readonly format: string;
}

/** Fixture of models with the reading of its template, from which its format comes. */
export interface ReadModel {
  readonly name: string;
  readonly model: ModelFixture;
  readonly reading: TemplateReading;
  readonly fixture: FamilyFixture;
}

export const TOKENS = { bos: '<s>', eos: '</s>' };

/** Loads all fixtures of models, and reads their templates. */
export async function loadModels(): Promise<readonly ReadModel[]> {
  const { llama } = await sharedLlama();
  const folder = new URL('./models/', import.meta.url);
  const files = readdirSync(folder).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const module: { readonly model: ModelFixture } = await import(new URL(file, folder).href);
      const { model } = module;
      const render = createRenderer(bindingsOf(llama), model.template);
      const reading = readTemplate(render, model.template, TOKENS);
      const fixture = { ...model, format: reading.format };
      return { name: file.replace('.ts', ''), model, reading, fixture };
    }),
  );
}
