import type { Requirement } from './requirement.ts';

/** What "The llama engine that agents need" asks for, line by line. An id is `R6.<part>-<word>`. */
export const ENGINE: readonly Requirement[] = [];
