import { upstreamName } from '../../core/model.ts';
import type { Capabilities } from '../../core/backend.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { OpenAiSpec, ServerKind, ThinkingControl } from './spec.ts';
import type { ListedModel, LlamaProps } from './listing.ts';
import { serverTraits } from './server.ts';
import type { ServerTraits } from './server.ts';

/** Description of a server by itself. */
export interface ServerDescription {
  readonly kind: ServerKind;
  readonly models: readonly ListedModel[];
  /** Properties that only llama-server has. */
  readonly props: LlamaProps | undefined;
}

/** Properties of a model on a server that decide the form of its requests. */
export interface ModelFacts {
  readonly kind: ServerKind;
  readonly traits: ServerTraits;
  readonly contextTokens: number;
  /** Context of the server in tokens; undefined if it does not report it. */
  readonly servedTokens?: number | undefined;
  /** The entry sets a smaller context than the server's, so Portico has to enforce it. */
  readonly limited: boolean;
  readonly thinking: ThinkingControl;
  readonly images: boolean;
  readonly listed: readonly string[];
}

/**
 * Context if neither the server nor the entry has one, as with LM Studio and most providers. If it is too
 * small, clients compact early; if it is too large, the server's own refusal corrects it.
 */
const DEFAULT_CONTEXT = 32_768;

/** Derives the form of requests to a model. Throws `unsupported` for a template, which no such server accepts. */
export function modelFacts(spec: OpenAiSpec, server: ServerDescription): ModelFacts {
  if (spec.template !== undefined) {
    throw new RuntimeFailure(
      'unsupported',
      `models.yaml: ${spec.name} has a template, but its server uses its own: ` +
        'remove it there and configure it on the server',
    );
  }
  const served = servedContext(spec, server);
  const own = spec.context;
  return {
    kind: server.kind,
    traits: serverTraits(server.kind),
    contextTokens: Math.min(own ?? served ?? DEFAULT_CONTEXT, served ?? Number.POSITIVE_INFINITY),
    servedTokens: served,
    limited: own !== undefined && served !== undefined && own < served,
    thinking: spec.thinking ?? thinkingControl(server),
    images: spec.images ?? server.props?.images ?? false,
    listed: server.models.map(({ id }) => id),
  };
}

function servedContext(spec: OpenAiSpec, { models, props }: ServerDescription): number | undefined {
  const name = upstreamName(spec);
  const listed = models.find(({ id, aliases }) => id === name || aliases.includes(name));
  return props?.contextTokens ?? listed?.contextTokens;
}

/** Finds the control of thinking. An unknown template gets the switch, because templates ignore unknown ones. */
function thinkingControl({ kind, props }: ServerDescription): ThinkingControl {
  if (props === undefined) return kind === 'vllm' || kind === 'sglang' ? 'switch' : 'none';
  const { template } = props;
  if (/\benable_thinking\b|\bthinking\s*(is\b|%\}|==|and\b)/.test(template)) return 'switch';
  if (template.includes('reasoning_effort')) return 'effort';
  return /<think>|reasoning_content/.test(template) ? 'always' : 'none';
}

const THINKING = {
  none: 'none',
  switch: 'switchable',
  effort: 'always',
  always: 'always',
} as const satisfies Record<ThinkingControl, Capabilities['thinking']>;

/**
 * Converts the facts to capabilities.
 *
 * @param rendersTools false if the server's chat template is known to render no tools
 * @param refusesCalls true if the server is known to refuse forced calls too
 */
export function toCapabilities(
  facts: ModelFacts,
  rendersTools?: boolean,
  refusesCalls = false,
): Capabilities {
  const forcesCalls = rendersTools === false && facts.traits.choice === 'named' && !refusesCalls;
  const native = facts.traits.choice === 'unenforced' ? 'auto' : 'enforced';
  return {
    contextTokens: facts.contextTokens,
    ...(facts.servedTokens !== undefined && { maxContextTokens: facts.servedTokens }),
    thinking: THINKING[facts.thinking],
    tools: rendersTools === false ? 'none' : native,
    ...(forcesCalls && { forcesCalls }),
    structuredOutput: true,
    images: facts.images,
    documents: true,
    citations: true,
    exactCount: facts.traits.tokenizer !== 'none',
  };
}
