import { BACKENDS } from './backends.ts';
import { ENGINE } from './engine.ts';
import { LAUNCH } from './launch.ts';
import { LIMITS } from './limits.ts';
import { MESSAGES } from './messages.ts';
import type { Requirement } from './requirement.ts';
import { TOOLS } from './tools.ts';
import { VISION } from './vision.ts';

/** All that is required so far, one file for each step of the project. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...MESSAGES,
  ...TOOLS,
  ...BACKENDS,
  ...LAUNCH,
  ...ENGINE,
  ...VISION,
  ...LIMITS,
];
