import type { Requirement } from './requirement.ts';

/** What "`portico launch claude`: Claude Code on a local model" asks for, line by line. An id is `R5.<part>-<word>`. */
export const LAUNCH: readonly Requirement[] = [
  // 4. Never silent
  {
    id: 'R5.4-start',
    text: 'message_start goes out as soon as a request is admitted, and 2 s after it came at most where an upstream is slow.',
  },
  {
    id: 'R5.4-ping',
    text: 'A stream pings after 5 s of silence, whatever the silence comes from.',
  },
  {
    id: 'R5.4-life',
    text: 'After 200 s of silence, and after each 200 s more, an empty delta goes out that clients count as life.',
  },
  {
    id: 'R5.4-life-valid',
    text: 'With it a stream stays one that the official SDKs read, and its message can be sent back.',
  },
  // 6. Side requests
  {
    id: 'R5.6-names',
    text: 'Names of Anthropic’s that nobody aliased are answered under their names by the model of the session’s conversation.',
  },
  {
    id: 'R5.6-session',
    text: 'A session is told by its header, else by the session_id inside metadata.user_id.',
  },
  {
    id: 'R5.6-aliased',
    text: 'A small model that was aliased for side requests never stands in for the conversation’s.',
  },
  {
    id: 'R5.6-agent',
    text: 'Backends know which session and which of its agents ask, so that none costs another its prefix.',
  },
];
