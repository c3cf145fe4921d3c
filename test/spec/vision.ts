import type { Requirement } from './requirement.ts';

/** What "The engine sees" asks for, line by line. An id is `R7.<part>-<word>`. */
export const VISION: readonly Requirement[] = [];
