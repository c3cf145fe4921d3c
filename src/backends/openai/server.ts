import type { ServerKind } from './spec.ts';

/** Features of a kind of server beyond OpenAI's own fields. */
export interface ServerTraits {
  /** Accepts `top_k` and `min_p`. */
  readonly sampling: boolean;
  /** Accepts `chat_template_kwargs`, and thinking in earlier messages. */
  readonly template: boolean;
  /** Continuation of a last assistant message: with no flag, with flags, or never. */
  readonly prefill: 'always' | 'flagged' | 'never';
  /** Enforcement of a forced call; `narrowed` if the server ignores the name in the choice. */
  readonly choice: 'named' | 'narrowed' | 'unenforced';
  /** Enforces the schema of a tool that is `strict`. */
  readonly strict: boolean;
  /** Accepts names of tools of any length. */
  readonly longNames: boolean;
  /** Field with the counts of an answer that Portico ends. */
  readonly counts: 'timings' | 'usage' | 'none';
  /** Way to count a prompt without a generation. */
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
    prefill: 'always',
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
    prefill: 'flagged',
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
    prefill: 'flagged',
    choice: 'named',
    strict: true,
    longNames: true,
    counts: 'usage',
    tokenizer: 'none',
  },
  // https://lmstudio.ai/docs/developer/openai-compat/chat-completions
  'lm-studio': { ...PLAIN, sampling: true, longNames: true },
  // https://platform.openai.com/docs/api-reference/chat/create; OpenAI refuses unknown fields.
  openai: { ...PLAIN, choice: 'named', strict: true },
  other: PLAIN,
} as const satisfies Record<ServerKind, ServerTraits>;

/** Features of a kind of server. */
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

/** Detects the kind of a server by the owners of its models. */
export function serverKindOf(owners: readonly (string | undefined)[]): ServerKind {
  for (const owner of owners) {
    const kind = owner === undefined ? undefined : OWNERS[owner];
    if (kind !== undefined) return kind;
  }
  return 'other';
}
