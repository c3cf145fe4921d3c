import { commonFields, customTool, type RawTool } from '../schema/tools.ts';
import { unknownKeys } from './unknown-keys.ts';

/** Settings of a typed client tool that its model is told; the others concern its client alone. */
const TOLD_SETTINGS: readonly string[] = ['display_width_px', 'display_height_px', 'enable_zoom'];

/**
 * Keys of a tool of the client's own that have no effect here, as `tools.NAME.KEY`. Those of server
 * tools are known to whoever runs them.
 */
export function ignoredToolKeys(tool: RawTool): readonly string[] {
  const type = tool.type ?? 'custom';
  const isCustom = type === 'custom';
  if (!isCustom && !/^(bash|text_editor|memory|computer)_\d/.test(type)) return [];
  const told = isCustom ? Object.keys(customTool.shape) : TOLD_SETTINGS;
  const fields = [...Object.keys(commonFields), ...told].map((key) => [key, tool[key]] as const);
  const keys = unknownKeys(tool, Object.fromEntries(fields));
  return keys.map((key) => `tools.${tool.name ?? type}.${key}`);
}
