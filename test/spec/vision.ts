import type { Requirement } from './requirement.ts';

/** Requirements of the step "The engine sees". An id is `R7.<part>-<word>`. */
export const VISION: readonly Requirement[] = [
  {
    id: 'R7.1-apart',
    text: 'If an entry sets a separate text engine, conversations without pictures use it.',
  },
  {
    id: 'R7.1-contract',
    text: 'A model that sees passes the contract suites of all backends, with its addon in a child process.',
  },
  {
    id: 'R7.1-tools',
    text: 'Our formats read its tool calls and thinking, and grammars enforce the schemas of calls and answers.',
  },
  {
    id: 'R7.1-entry',
    text: 'A model with an `mmproj` in models.yaml is run by the engine that sees.',
  },
  { id: 'R7.1-pull', text: 'pull downloads the projector beside a model, and names it.' },
  {
    id: 'R7.1-optional',
    text: 'Without the optional package text models work, and an image gets a 400 that says what to install.',
  },
  { id: 'R7.1-count', text: 'count_tokens counts pictures as a generation reports them.' },
  { id: 'R7.1-thinking', text: 'Its thinking ends at its budget.' },
  {
    id: 'R7.1-loaded',
    text: 'A vision model is listed, can be unloaded, and leaves the memory after its keep-alive.',
  },
  {
    id: 'R7.2-fitted',
    text: 'Pictures reach it decoded, upright, on white, and of exactly the size of its eyes.',
  },
  {
    id: 'R7.2-refused',
    text: 'Garbage, pictures cut off or too large, paths and URLs never reach it.',
  },
  {
    id: 'R7.2-marker',
    text: 'There is a marker for each picture, and what others write is never one, nor a control token.',
  },
  { id: 'R7.2-full', text: 'An answer ends at the end of the context, and the engine works on.' },
  {
    id: 'R7.2-greedy',
    text: 'Greedy answers are repeatable: the defaults of the addon are undone.',
  },
  { id: 'R7.2-race', text: 'No request is lost among many short ones.' },
  { id: 'R7.2-queue', text: 'Requests are answered one after the other, in our own queue.' },
  { id: 'R7.2-abort', text: 'A request can be left while the model looks.' },
  {
    id: 'R7.2-wedged',
    text: 'An engine that says nothing for too long is ended, and started again.',
  },
  {
    id: 'R7.2-restart',
    text: 'An engine that dies is started again, and only the request that it answered fails.',
  },
  { id: 'R7.3-kinds', text: 'PNG, JPEG, GIF (its first frame) and WebP are seen.' },
  {
    id: 'R7.3-reuse',
    text: 'Pictures may be several and anywhere, in tool results too; those that come again are reused, and counted so.',
  },
  { id: 'R7.3-many', text: 'Many pictures in a row leak nothing and wedge nothing.' },
  { id: 'R7.4-figures', text: 'The embedded model names the colour and shape of a drawn figure.' },
  { id: 'R7.4-count', text: 'It counts up to five drawn figures.' },
  { id: 'R7.4-digit', text: 'It reads one large digit.' },
  { id: 'R7.4-text', text: 'Its text skills are what they were.' },
  {
    id: 'R7.4-size',
    text: 'Its eyes take at most 1 MB, and all models of the package less than 10 MB.',
  },

  // 5. End to end
  {
    id: 'R7.5-base64',
    text: 'The embedded model describes a picture to both SDKs, in user turns and tool results.',
  },
  { id: 'R7.5-url', text: 'It describes a picture at a URL.' },
  { id: 'R7.5-python', text: 'It describes a picture to Python’s SDK.' },
];
