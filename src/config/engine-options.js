export const GPU_LAYERS = ['auto', 'max'];
/** Flash attention, which computes attention in one pass; `auto` chooses it by the device and the requests. */
export const FLASH_ATTENTION = ['auto', 'on', 'off'];
/** Speculative decoding by earlier tokens; `auto` uses it if that makes an answer faster. */
export const PROMPT_LOOKUP = ['auto', 'off'];
/** The types that llama.cpp takes for keys and values of a context; the model's quality falls with the bits. */
export const KV_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'];
