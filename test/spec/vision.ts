import type { Requirement } from './requirement.ts';

/** What "The engine sees" asks for, line by line. An id is `R7.<part>-<word>`. */
export const VISION: readonly Requirement[] = [
  {
    id: 'R7.1-contract',
    text: 'A model that sees passes the contract suites of all backends, with its addon in a child process.',
  },
  {
    id: 'R7.1-tools',
    text: 'Our formats read its tool calls and thinking, and grammars hold calls and answers to their schemas.',
  },
  {
    id: 'R7.1-entry',
    text: 'A model with an `mmproj` in models.yaml is run by the engine that sees.',
  },
  { id: 'R7.1-pull', text: 'pull gets the projector that lies beside a model, and names it.' },
  {
    id: 'R7.1-optional',
    text: 'Without the optional package text models work, and an image gets a 400 that says what to install.',
  },
  {
    id: 'R7.2-restart',
    text: 'An engine that dies is started again, and only the request that it answered fails.',
  },
];
