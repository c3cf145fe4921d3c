import { withoutControls } from '../../core/one-line.ts';
import type { AgentModel, LaunchedModel, Variables } from '../agent-model.ts';

/** Model families of Claude Code's picker, in the order of their variables. */
const FAMILIES = ['OPUS', 'SONNET', 'HAIKU', 'FABLE'] as const;

/** Features that Portico has for every model. Claude Code assumes that an unlisted feature is missing. */
const ALWAYS_SUPPORTED = ['mid_conversation_system', 'temperature'] as const;

const SUPPORTED_BY_THINKING = [
  'thinking',
  'adaptive_thinking',
  'interleaved_thinking',
  'effort',
] as const;

/**
 * Variables that bind each family of Claude Code's models to a local one, and label it in `/model`.
 * The haiku family answers side requests, so it is the small model if there is one.
 *
 * 2.1.197 and 2.1.332 read `_SUPPORTED_CAPABILITIES` for cloud providers only, not for a base URL.
 *
 * @see https://code.claude.com/docs/en/model-config
 */
export function tierVariables(agentModel: AgentModel): Variables {
  const small = agentModel.small ?? agentModel;
  const families = FAMILIES.flatMap((family) => {
    const model = family === 'HAIKU' ? small : agentModel;
    const variable = `ANTHROPIC_DEFAULT_${family}_MODEL`;
    return [
      [variable, model.name] as const,
      [`${variable}_NAME`, withoutControls(model.name)] as const,
      [`${variable}_DESCRIPTION`, describe(model)] as const,
      ...capabilities(model).map((value) => [`${variable}_SUPPORTED_CAPABILITIES`, value] as const),
    ];
  });
  return {
    ANTHROPIC_MODEL: agentModel.name,
    ...Object.fromEntries(families),
    ANTHROPIC_SMALL_FAST_MODEL: small.name,
    CLAUDE_CODE_SUBAGENT_MODEL: agentModel.name,
  };
}

function describe({ contextTokens }: LaunchedModel): string {
  const context = contextTokens?.toLocaleString('en-US');
  return context === undefined ? 'Local model' : `Local model, context of ${context} tokens`;
}

/** List of the model's features in one value; none if they are unknown. */
function capabilities({ thinks }: LaunchedModel): readonly string[] {
  if (thinks === undefined) return [];
  return [[...ALWAYS_SUPPORTED, ...(thinks ? SUPPORTED_BY_THINKING : [])].join(',')];
}
