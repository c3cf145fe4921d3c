/** Wire of a scripted model server: lines of an answer, right or odd. */
export interface Speech {
  readonly type: string;
  /** A line with whatever is given in place of a message's delta, and fields beside it. */
  chunk(message: unknown, beside?: object): string;
  text(text: string): string;
  /** Calls of the tool `look`, as they are given. */
  calls(calls: unknown): string;
  /** Line that ends an answer, with usage as it is given. */
  finish(usage?: unknown, reason?: unknown): string;
  /** Events after the finish. */
  readonly end: string;
  error(error: unknown): string;
  /** Any JSON text as a line. */
  raw(json: string): string;
}

const ollama: Speech = {
  type: 'application/x-ndjson',
  chunk: (message, beside = {}) => ollama.raw(JSON.stringify({ message, done: false, ...beside })),
  text: (content) => ollama.chunk({ role: 'assistant', content }),
  calls: (calls) => ollama.chunk({ role: 'assistant', content: '', tool_calls: calls }),
  finish: (usage = 2, reason = 'stop') =>
    ollama.raw(
      JSON.stringify({
        message: { role: 'assistant', content: '' },
        done: true,
        done_reason: reason,
        prompt_eval_count: usage,
        eval_count: usage,
      }),
    ),
  end: '',
  error: (error) => ollama.raw(JSON.stringify({ error })),
  raw: (json) => `${json}\n`,
};

const openai: Speech = {
  type: 'text/event-stream',
  chunk: (delta, beside = {}) => openai.raw(JSON.stringify({ choices: [{ delta, ...beside }] })),
  text: (content) => openai.chunk({ content }),
  calls: (calls) => openai.chunk({ tool_calls: calls }),
  finish: (usage = { prompt_tokens: 9, completion_tokens: 2 }, reason = 'stop') =>
    openai.raw(JSON.stringify({ choices: [{ delta: {}, finish_reason: reason }], usage })),
  end: 'data: [DONE]\n\n',
  error: (error) => openai.raw(JSON.stringify({ error })),
  raw: (json) => `data: ${json}\n\n`,
};

/** Both wires, by the backend that reads them. */
export const SPEECHES = { ollama, openai } as const;
