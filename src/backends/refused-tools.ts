const TOOLS = String.raw`\b(?:tools?|tool[ _-](?:use|calls?|calling|choice)|functions?|function[ _-]call(?:s|ing)?)\b`;
const BETWEEN = String.raw`['"\x60]?(?: (?:are|is|was|were|for|by|in|this|the|model|parameter|currently))*`;

/** Refusals of all tools, in the words of Ollama, vLLM, llama-server, OpenRouter and OpenAI. */
const REFUSALS = [
  new RegExp(String.raw`(?:not|n't) support (?:the |native )?['"\x60]?${TOOLS}`, 'i'),
  new RegExp(
    String.raw`${TOOLS}${BETWEEN} (?:not (?:supported|available|enabled|allowed|permitted)|unsupported|disabled)`,
    'i',
  ),
  /found that support tool/i,
  /requires? .{0,10}--(?:enable-auto-tool-choice|tool-call-parser|jinja)/i,
  // An unknown field. A path such as `tools[0].function.strict` is about one schema.
  /(?:unknown|unrecognized|unexpected|unsupported|additional).{0,60}\btools\b(?!\.?[[\w])/i,
  /\btools['"`]?: (?:extra|unexpected|unknown)/i,
];

/** Returns true for a server's error that it, or the model, accepts no tools at all. */
export function isToolRefusal(message: string): boolean {
  return REFUSALS.some((pattern) => pattern.test(message));
}
