import type { ContextEdit } from '../../../core/context-edits.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type {
  CompactionField,
  ContextManagementField,
  EditField,
} from '../schema/context-management.ts';

/** Defaults of the API. */
const TRIGGER_TOKENS = 100_000;
const KEPT_TOOL_USES = 3;
const KEPT_THINKING_TURNS = 1;

interface Fields {
  readonly context_management?: ContextManagementField | null | undefined;
  readonly compaction?: CompactionField | null | undefined;
}

/**
 * Edits of the conversation; undefined if the client asks for none.
 *
 * @throws {invalid-request} for an order of edits that the API does not accept
 */
export function decodeContextEdits(fields: Fields): readonly ContextEdit[] | undefined {
  const { context_management: management, compaction } = fields;
  if (!management && !compaction) return undefined;
  const edits = (management?.edits ?? []).map((edit) => decodeEdit(edit));
  checkOrder(edits);
  if (!compaction) return edits;
  const others = edits.filter(({ kind }) => kind !== 'compact');
  return [...others, { kind: 'compact', trigger: 0, ...instructed(compaction), pauses: true }];
}

function decodeEdit(edit: EditField): ContextEdit {
  switch (edit.type) {
    case 'clear_tool_uses_20250919': {
      const { trigger, keep, clear_at_least: least, clear_tool_inputs: inputs } = edit;
      return {
        kind: 'clear-tool-uses',
        trigger: {
          unit: trigger?.type === 'tool_uses' ? 'tool-uses' : 'tokens',
          value: trigger?.value ?? TRIGGER_TOKENS,
        },
        keep: keep?.value ?? KEPT_TOOL_USES,
        clearAtLeast: least?.value ?? 0,
        excluded: edit.exclude_tools ?? [],
        inputs: inputs === true ? 'all' : inputs || [],
      };
    }
    case 'clear_thinking_20251015':
      return { kind: 'clear-thinking', keep: keptThinking(edit.keep) };
    case 'compact_20260112':
      return {
        kind: 'compact',
        ...(edit.trigger && { trigger: edit.trigger.value }),
        ...instructed(edit),
        pauses: edit.pause_after_compaction ?? false,
      };
    default:
      return edit satisfies never;
  }
}

function keptThinking(
  keep: Extract<EditField, { type: 'clear_thinking_20251015' }>['keep'],
): number | 'all' {
  if (!keep) return KEPT_THINKING_TURNS;
  return keep === 'all' || keep.type === 'all' ? 'all' : keep.value;
}

function instructed({ instructions }: Pick<CompactionField, 'instructions'>) {
  return instructions?.trim() ? { instructions } : {};
}

function checkOrder(edits: readonly ContextEdit[]): void {
  const kinds = edits.map(({ kind }) => kind);
  const repeated = kinds.findIndex((kind, index) => kinds.indexOf(kind) < index);
  if (repeated !== -1) {
    throw new RuntimeFailure(
      'invalid-request',
      `context_management.edits.${repeated}: Each type of edit can be given once. Leave this one out.`,
    );
  }
  if (kinds.indexOf('clear-thinking') > 0) {
    throw new RuntimeFailure(
      'invalid-request',
      'context_management.edits: clear_thinking_20251015 must be the first edit. Move it to the start of the list.',
    );
  }
}
