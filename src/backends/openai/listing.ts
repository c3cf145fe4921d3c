import { z } from 'zod';
import { presentItems } from '../../net/present-items.ts';

/** Model in the list of `/v1/models`. */
export interface ListedModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly owner: string | undefined;
  /** Total tokens of prompt and answer, which vLLM and SGLang report. */
  readonly contextTokens: number | undefined;
}

const listSchema = z.looseObject({
  data: presentItems(
    z.looseObject({
      id: z.string(),
      aliases: z.array(z.string()).nullish().catch(undefined),
      owned_by: z.string().nullish().catch(undefined),
      max_model_len: z.int().positive().nullish().catch(undefined),
    }),
  ),
});

/** Reads the answer of `/v1/models`; undefined if it is not one. */
export function readModelList(value: unknown): readonly ListedModel[] | undefined {
  return listSchema.safeParse(value).data?.data.map((model) => ({
    id: model.id,
    aliases: model.aliases ?? [],
    owner: model.owned_by ?? undefined,
    contextTokens: model.max_model_len ?? undefined,
  }));
}

/** Properties in llama-server's `/props`. */
export interface LlamaProps {
  /** Total tokens of prompt and answer in one slot. */
  readonly contextTokens: number | undefined;
  readonly images: boolean;
  readonly template: string;
}

const propsSchema = z.looseObject({
  default_generation_settings: z.looseObject({ n_ctx: z.int().positive().nullish() }),
  modalities: z.looseObject({ vision: z.boolean().nullish() }).nullish(),
  chat_template: z.string().nullish(),
});

/** Reads the answer of llama-server's `/props`; undefined if it is not one. */
export function readProps(value: unknown): LlamaProps | undefined {
  const { data } = propsSchema.safeParse(value);
  if (data === undefined) return undefined;
  return {
    contextTokens: data.default_generation_settings.n_ctx ?? undefined,
    images: data.modalities?.vision ?? false,
    template: data.chat_template ?? '',
  };
}

const promptSchema = z.looseObject({ prompt: z.string() });

/** Reads the prompt that llama-server's `/apply-template` rendered; undefined if it is not one. */
export function readPrompt(value: unknown): string | undefined {
  return promptSchema.safeParse(value).data?.prompt;
}

const tokensSchema = z.union([
  z.looseObject({ count: z.int().nonnegative() }).transform(({ count }) => count),
  z.looseObject({ tokens: z.array(z.unknown()) }).transform(({ tokens }) => tokens.length),
]);

/** Reads the number of tokens from `/tokenize`; undefined if the answer has another form. */
export function readTokenCount(value: unknown): number | undefined {
  return tokensSchema.safeParse(value).data;
}
