/** Defaults of llama.cpp, for values that neither the client nor the model's entry sets. */
export const DEFAULT_SAMPLING = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 } as const;
