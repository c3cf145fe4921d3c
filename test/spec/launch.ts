import type { Requirement } from './requirement.ts';

/** What "`portico launch claude`: Claude Code on a local model" asks for, line by line. An id is `R5.<part>-<word>`. */
export const LAUNCH: readonly Requirement[] = [];
