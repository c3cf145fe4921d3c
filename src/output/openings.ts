import type { CallableTool, ChatFormat } from '../formats/format.ts';
import { TextSet } from '../formats/shared/marks.ts';
import { strayMarksOf } from './stray-marks.ts';

/** Texts that open a block at a boundary. Cached per list of tools, which may contain thousands. */
const openings = new WeakMap<readonly CallableTool[], Map<ChatFormat, TextSet>>();

/** Texts of a format that open a block before the first word, or between two blocks. */
export function openingsOf(format: ChatFormat, tools: readonly CallableTool[]): TextSet {
  const ofTools = openings.get(tools) ?? new Map<ChatFormat, TextSet>();
  openings.set(tools, ofTools);
  const known = ofTools.get(format);
  if (known !== undefined) return known;
  const { thinking, answer, tools: syntax } = format;
  const calls =
    tools.length === 0
      ? []
      : [syntax?.triggers ?? [], syntax?.triggersAtStart?.(tools) ?? []].flat();
  const set = new TextSet(
    [thinking?.open, answer?.open, ...strayMarksOf(format).betweenBlocks, ...calls].filter(isTag),
  );
  ofTools.set(format, set);
  return set;
}

function isTag(tag: string | undefined): tag is string {
  return tag !== undefined && tag !== '';
}
