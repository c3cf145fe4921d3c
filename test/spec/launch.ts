import type { Requirement } from './requirement.ts';

/** Requirements of the step "`portico launch claude`: Claude Code on a local model". An id is `R5.<part>-<word>`. */
export const LAUNCH: readonly Requirement[] = [
  // 1. portico launch claude
  {
    id: 'R5.1-server',
    text: 'A server is started where none answers, and stopped afterwards; one that runs is used and left running.',
  },
  {
    id: 'R5.1-occupied',
    text: 'Another program at the address, or another key, is reported in one line.',
  },
  { id: 'R5.1-log', text: 'The log of a server that was started goes to a file, which is named.' },
  {
    id: 'R5.1-picker',
    text: 'A picker shows recommended, installed and downloadable models, the last choice preselected.',
  },
  {
    id: 'R5.1-unasked',
    text: 'Without a terminal --model, the last choice or the default decides; else one line names the missing option.',
  },
  { id: 'R5.1-pull', text: 'A model that is not downloaded is pulled where that is agreed to.' },
  {
    id: 'R5.1-load',
    text: 'The model is loaded, with progress on stderr, before the agent starts.',
  },
  {
    id: 'R5.1-context',
    text: 'A real context below 32k is reported with the setting that raises it, and confirmed if there is a terminal.',
  },
  {
    id: 'R5.1-find',
    text: 'claude is found on the PATH, in ~/.local/bin, in ~/.claude/local, in npm’s global folder; else npx is offered.',
  },
  {
    id: 'R5.1-environment',
    text: 'All tiers and subagents are the local model, and nothing of the environment leads elsewhere.',
  },
  {
    id: 'R5.1-settings',
    text: 'The same is in --settings, over the user’s own, in a file that only they can read.',
  },
  { id: 'R5.1-output', text: 'An answer may have a quarter of the context at most.' },
  {
    id: 'R5.1-name',
    text: 'An alias that begins with claude- is passed on as the model’s own name, so that its context counts.',
  },
  {
    id: 'R5.1-exit',
    text: 'The agent’s exit code, input and output pass through; a signal that ended it is 128 and its number.',
  },
  { id: 'R5.1-signals', text: 'SIGINT, SIGTERM and SIGHUP pass to the agent.' },
  {
    id: 'R5.1-stray',
    text: 'Unknown arguments before -- are refused with a hint.',
  },
  {
    id: 'R5.1-config',
    text: '--config shows the change, asks, and writes our part into the user’s settings, with a backup.',
  },
  { id: 'R5.1-restore', text: '--restore takes out our part, and nothing else.' },
  {
    id: 'R5.1-broken',
    text: 'Settings that Claude Code would ignore are refused with their place and a hint, and stay as they are.',
  },
  {
    id: 'R5.1-wildcard',
    text: '0.0.0.0 and :: never become the address of a client.',
  },

  // 2. Other agents
  { id: 'R5.2-list', text: 'portico launch alone lists the agents with what was found of them.' },
  {
    id: 'R5.2-agents',
    text: 'opencode and pi get the model by configuration of their own, and theirs stays as it is.',
  },
  {
    id: 'R5.2-env',
    text: 'portico env prints the environment, quoted for bash, fish or PowerShell, or as JSON.',
  },

  // 3. The prefix never breaks
  {
    id: 'R5.3-replay',
    text: 'What the model wrote is replayed token for token, however a client sends it back.',
  },
  {
    id: 'R5.3-forms',
    text: 'String and block forms, cache marks and empty fields make no difference to the prompt.',
  },
  { id: 'R5.3-billing', text: 'The billing block is dropped.' },
  {
    id: 'R5.3-place',
    text: 'System messages and reminders in mid-conversation stay in their place, tools in their order.',
  },
  {
    id: 'R5.3-deferred',
    text: 'A deferred tool is rendered at the point that loads it, and is no part of the tool prefix.',
  },
  {
    id: 'R5.3-session',
    text: 'Of each turn of a session of Claude Code’s shape only the new blocks are evaluated.',
  },

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
  {
    id: 'R5.4-log',
    text: 'Loading a model and long prefills show in the log with rate and time left, and no prompt.',
  },
  // 5. Overflow that heals
  {
    id: 'R5.5-words',
    text: 'What does not fit is a status 400 in the words that clients match on, from each backend, streamed or not.',
  },
  {
    id: 'R5.5-honest',
    text: 'Its numbers are true: a prompt of the maximum, or the max_tokens that they leave, is answered.',
  },
  {
    id: 'R5.5-window',
    text: 'An answer that runs into the end of the context ends in model_context_window_exceeded, which the SDKs read.',
  },
  // 6. Side requests
  {
    id: 'R5.6-names',
    text: 'Anthropic model names without an alias are answered under their names by the model of the session’s conversation.',
  },
  {
    id: 'R5.6-session',
    text: 'A session is identified by its header, else by the session_id inside metadata.user_id.',
  },
  {
    id: 'R5.6-aliased',
    text: 'A small model that was aliased for side requests never stands in for the conversation’s.',
  },
  {
    id: 'R5.6-agent',
    text: 'Backends know which session and which of its agents ask, so that none costs another its prefix.',
  },
  // 8. End to end
  {
    id: 'R5.8-file-task',
    text: 'Claude Code 2.1.197 and the latest, with a home of their own, write a file and read it back, with output as JSON and as stream-json.',
  },
  {
    id: 'R5.8-names',
    text: 'Each request of theirs, a title’s and a subagent’s included, names the local model.',
  },
  {
    id: 'R5.8-title',
    text: 'The title of a session is asked for and answered by the same model, held to its schema.',
  },
  {
    id: 'R5.8-count',
    text: '/context counts by count_tokens, and has nothing generated.',
  },
  {
    id: 'R5.8-broken-stream',
    text: 'An answer that breaks off is asked for again; after a whole block it is reported, or gone on with.',
  },
  {
    id: 'R5.8-overloaded',
    text: 'A 529 is followed by the same request after the time that it says.',
  },
  {
    id: 'R5.8-overflow',
    text: 'A prompt that is refused as too long leads to a compaction, after which the task ends.',
  },
  {
    id: 'R5.8-cancel',
    text: 'An interrupted turn frees the model at once, and its session goes on.',
  },
  {
    id: 'R5.8-subagents',
    text: 'Two subagents are answered at the same time, under ids of their own in one session.',
  },
  {
    id: 'R5.8-extends',
    text: 'Each request of a session extends the one before it: system texts, tools and turns stay as they were.',
  },
  {
    id: 'R5.8-embedded',
    text: 'portico launch claude -y -- --bare -p "Hello" gets the embedded model’s answer.',
  },
  {
    id: 'R5.8-prefix',
    text: 'In a session of several turns with the embedded model each prompt is evaluated from where the last one ended.',
  },
  {
    id: 'R5.8-launched',
    text: 'A launched Claude Code does the file task whatever the user’s settings and environment say of other servers and models.',
  },
  {
    id: 'R5.8-context-end',
    text: 'After an answer that ran into the end of the context it goes on; a max_tokens that does not fit it asks for anew.',
  },
  {
    id: 'R5.8-window',
    text: 'A context of 32k is used to three quarters before Claude Code compacts it.',
  },
  // 7. Tools that only Anthropic's servers run
  {
    id: 'R5.7-schemas',
    text: 'bash, text_editor, memory and computer tools get the schema of their version, and are called under their own names.',
  },
  {
    id: 'R5.7-search',
    text: 'web_search is carried out by a SearXNG or a command inside of one answer, and counted in usage.',
  },
  {
    id: 'R5.7-fetch',
    text: 'web_fetch reads public pages that were named before, by the server itself or by a command.',
  },
  {
    id: 'R5.7-limits',
    text: 'max_uses, allowed_domains, blocked_domains and max_content_tokens are kept to.',
  },
  {
    id: 'R5.7-rounds',
    text: 'An answer has ten rounds of calls at most, then it pauses; a call of a client tool ends it.',
  },
  {
    id: 'R5.7-history',
    text: 'What was searched and fetched reaches the model in later requests as it did in the first.',
  },
  {
    id: 'R5.7-unavailable',
    text: 'Both are off by default, and a service that is off or fails is answered as unavailable without failing the turn.',
  },
  {
    id: 'R5.7-foreign',
    text: 'Tools that neither the client nor the server can run are not offered to the model, and are named in the log.',
  },
];
