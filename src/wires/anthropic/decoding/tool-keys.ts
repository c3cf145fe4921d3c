import { commonFields, customTool, type RawTool } from '../schema/tools.ts';
import { unknownKeys } from './unknown-keys.ts';

/** Settings of typed client tools that reach the model. The others concern only the client. */
const TOLD_SETTINGS: readonly string[] = ['display_width_px', 'display_height_px', 'enable_zoom'];

/**
 * Keys of a client tool without an effect on this server, as `tools.NAME.KEY`. Server tools are left out:
 * their executor reports ignored keys.
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
