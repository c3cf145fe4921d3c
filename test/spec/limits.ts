import type { Requirement } from './requirement.ts';

/** Requirements of "One request, one file or one model can't stall the rest". An id is `R12.<part>-<word>`. */
export const LIMITS: readonly Requirement[] = [
  {
    id: 'R12.1-reader',
    text: 'JSON is read in steps, up to its first mistake, within limits of levels, values and keys.',
  },
  {
    id: 'R12.1-first',
    text: 'A body is checked up to its first mistake, and its lists are counted before they are checked.',
  },
  {
    id: 'R12.1-stall',
    text: 'No body below the limit keeps the server from answering others.',
  },
  {
    id: 'R12.1-memory',
    text: 'The memory that a large body took is free again when it was answered.',
  },
  {
    id: 'R12.1-turns',
    text: 'One large body at a time is read and decoded; the others wait, and small ones do not.',
  },
  {
    id: 'R12.1-unread',
    text: 'The connection of a client that goes on sending after its answer is closed, and the answer is read.',
  },
  {
    id: 'R12.1-writer',
    text: 'JSON for engines and servers is written in steps, to the same value.',
  },
  {
    id: 'R12.1-registry',
    text: 'A models.yaml is bounded, read in linear time, and has to be a regular file.',
  },
  {
    id: 'R12.1-listing',
    text: 'The listing of a repository is bounded in bytes and pages, and no page is asked for twice.',
  },
];
