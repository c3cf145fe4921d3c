import type { ServerKind } from './spec.ts';

/** What a kind of server takes and gives beyond OpenAI's own fields. */
export interface ServerTraits {
  /** It takes `top_k` and `min_p`. */
  readonly sampling: boolean;
  /** It takes `chat_template_kwargs`, and thinking in the messages of the past. */
  readonly template: boolean;
  /** Whether a last assistant message is continued: without being told, when told by flags, or never. */
  readonly prefill: 'untold' | 'told' | 'never';
  /** How a demanded call is enforced: `narrowed` where the name in a choice is passed over. */
  readonly choice: 'named' | 'narrowed' | 'unenforced';
  /** It holds the arguments of a tool to its schema if the tool is `strict`. */
  readonly strict: boolean;
  /** It takes names of tools of any length. */
  readonly longNames: boolean;
  /** Where an answer that is cut short has its counts. */
  readonly counts: 'timings' | 'usage' | 'none';
  /** What counts a prompt without generating. */
  readonly tokenizer: 'template' | 'messages' | 'none';
}

const PLAIN: ServerTraits = {
  sampling: false,
  template: false,
  prefill: 'never',
  choice: 'unenforced',
  strict: false,
  longNames: false,
  counts: 'none',
  tokenizer: 'none',
};

const TRAITS = {
  // https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
  'llama-server': {
    sampling: true,
    template: true,
    prefill: 'untold',
    choice: 'narrowed',
    strict: false,
    longNames: true,
    counts: 'timings',
    tokenizer: 'template',
  },
  // https://docs.vllm.ai/en/latest/serving/openai_compatible_server/
  vllm: {
    sampling: true,
    template: true,
    prefill: 'told',
    choice: 'named',
    strict: true,
    longNames: true,
    counts: 'usage',
    tokenizer: 'messages',
  },
  // https://docs.sglang.io/basic_usage/openai_api_completions.html
  sglang: {
    sampling: true,
    template: true,
    prefill: 'told',
    choice: 'named',
    strict: true,
    longNames: true,
    counts: 'usage',
    tokenizer: 'none',
  },
  // https://lmstudio.ai/docs/developer/openai-compat/chat-completions
  'lm-studio': { ...PLAIN, sampling: true, longNames: true },
  // https://platform.openai.com/docs/api-reference/chat/create; it refuses fields that it does not know.
  openai: { ...PLAIN, choice: 'named', strict: true },
  other: PLAIN,
} as const satisfies Record<ServerKind, ServerTraits>;

/** What a kind of server takes and gives. */
export function serverTraits(kind: ServerKind): ServerTraits {
  return TRAITS[kind];
}

const OWNERS: Readonly<Record<string, ServerKind>> = {
  llamacpp: 'llama-server',
  vllm: 'vllm',
  sglang: 'sglang',
  organization_owner: 'lm-studio',
  openai: 'openai',
  system: 'openai',
  'openai-internal': 'openai',
};

/** The kind of server that lists models as owned by these. */
export function serverKindOf(owners: readonly (string | undefined)[]): ServerKind {
  for (const owner of owners) {
    const kind = owner === undefined ? undefined : OWNERS[owner];
    if (kind !== undefined) return kind;
  }
  return 'other';
}
