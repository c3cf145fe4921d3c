import type { Requirement } from './requirement.ts';

/** Requirements of the step "The llama engine that agents need". An id is `R6.<part>-<word>`. */
export const ENGINE: readonly Requirement[] = [
  {
    id: 'R6.1-choice',
    text: "A prompt gets the slot with its longest prefix, then its session's, then the least recently used.",
  },
  {
    id: 'R6.1-spared',
    text: 'A short prompt spares a long state where another slot has less to lose.',
  },
  {
    id: 'R6.1-queue',
    text: 'As many requests run at once as there are slots; the others wait in their order.',
  },
  {
    id: 'R6.1-interleaved',
    text: 'Conversations that take turns over their slots keep their prefixes.',
  },
  {
    id: 'R6.1-abort',
    text: 'A request that is given up while it waits, prefills or decodes frees its place.',
  },
  {
    id: 'R6.2-saved',
    text: 'A state that is given up is saved where that is cheaper, and comes back.',
  },
  {
    id: 'R6.2-source',
    text: "A prompt's beginning comes from its slot, another slot or a file, whichever leaves least to do.",
  },
  { id: 'R6.2-fork', text: 'A prefix that another slot has is copied from there.' },
  {
    id: 'R6.2-together',
    text: 'What requests that start together have in common is evaluated once.',
  },
  {
    id: 'R6.2-creation',
    text: 'What is kept of a prompt is counted exactly, for clients that ask for it.',
  },
  {
    id: 'R6.2-kinds',
    text: 'Models with sliding windows or recurrent layers keep live slots and checkpoints, and no files.',
  },
  { id: 'R6.3-flow', text: 'Streams keep flowing while another request prefills.' },
  {
    id: 'R6.3-full-batches',
    text: 'Streams that decode at once share full batches, and say what they say alone.',
  },
  { id: 'R6.3-steps', text: 'Steps of a prefill are sized by what steps were measured to take.' },
  { id: 'R6.3-exclusive', text: "A slot's state can be changed while other streams go on." },
  {
    id: 'R6.1-parallel',
    text: 'How many slots a model has is a setting, and by default a matter of memory.',
  },
  {
    id: 'R6.2-limit',
    text: 'State files take no more than a limit; the least recently used go first.',
  },
  {
    id: 'R6.2-stale',
    text: 'State files outlive their process, and drafts of processes that died are removed.',
  },
  {
    id: 'R6.2-failing',
    text: 'A disk that is full, or a file that fails, is said once, and requests go on without.',
  },
  {
    id: 'R6.7-disk',
    text: 'Where state files find no place, prompts are evaluated again, and the log says so once.',
  },
  {
    id: 'R6.7-load',
    text: '200 requests at 16 at once are all answered, and the server does not grow.',
  },
  {
    id: 'R6.7-kill',
    text: 'An engine that is killed in load, prefill or decode fails what it answers, and no other model.',
  },
  {
    id: 'R6.7-abort',
    text: 'A native abort ends its engine alone, and is reported in its own words.',
  },
  { id: 'R6.7-files', text: 'Corrupt and truncated files fail their requests with their name.' },
  {
    id: 'R6.7-memory',
    text: 'A context that is too large fails its request with a hint, not the machine.',
  },
  {
    id: 'R6.4-progress',
    text: 'All requests that wait for a model get the progress of its load every second, and other requests are answered.',
  },
  {
    id: 'R12.2-orphan',
    text: 'An engine never outlives its server, even while it is in native code.',
  },
  {
    id: 'R12.2-template',
    text: 'A template that exceeds its limits on time, size and memory fails its request alone.',
  },
  {
    id: 'R12.2-refused',
    text: 'Prompts that cannot fit are refused by their size, and large schemas with their place.',
  },
  { id: 'R12.2-pieces', text: 'Long texts are tokenized in pieces, with the tokens of one go.' },
  {
    id: 'R12.2-yield',
    text: 'Long computations let others have their turn, and end with their client.',
  },
  {
    id: 'R12.2-hung',
    text: 'An engine that does not respond is listed, ended, and restarted by the next request.',
  },
  {
    id: 'R12.2-pipes',
    text: 'A model file or a projector that is a named pipe, a socket or a device is refused unopened.',
  },
  { id: 'R6.4-keep-alive', text: 'An unused model leaves the memory after its keep-alive.' },
  { id: 'R6.4-freed', text: 'A stopped model leaves no process and frees its memory.' },
  {
    id: 'R6.4-eviction',
    text: 'Models that are not used make room for others, the least recently used one first.',
  },
  {
    id: 'R6.4-swap',
    text: 'A model that answers makes room once its requests have ended, before it takes new ones.',
  },
  { id: 'R6.6-vram', text: 'A model that fits on the GPU is given room there.' },
  {
    id: 'R6.6-told',
    text: 'The log and ps say whether a model runs on a GPU or the CPU, and with how many threads and slots.',
  },
  {
    id: 'R6.5-precedence',
    text: 'A flag counts over the entry, and the entry over what is right here.',
  },
  { id: 'R6.5-applied', text: 'llama.cpp gets the settings of a model.' },
  {
    id: 'R6.5-attention',
    text: 'On a CPU flash attention is chosen by the time of a model’s requests so far, at its own rates once they are measured.',
  },
  {
    id: 'R6.5-lookup',
    text: 'Tokens are guessed by what came before where that makes an answer faster, and only there.',
  },
  {
    id: 'R6.5-settings',
    text: 'Threads, GPU layers, flash attention, prompt lookup and the type of the context are set by entry and by flag.',
  },
  {
    id: 'R6.8-bars',
    text: 'The bench says of each of its figures of the engine whether it reaches its bar.',
  },
  {
    id: 'R6.8-timelines',
    text: 'Rates and gaps are taken from when tokens came, and together only while all streams decode.',
  },
  {
    id: 'R6.8-model',
    text: 'The bench writes a model of 80 million random parameters, which ends no answer by itself.',
  },
];
