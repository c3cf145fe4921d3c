/** More than this is opt-in: the memory of a context grows with its size. */
const DEFAULT_CONTEXT = 32_768;

/** For models whose file does not say what they were trained on. */
const UNKNOWN_TRAINED_CONTEXT = 4096;

/** The context size in tokens: the server's setting, the model's own, else what it was trained on up to 32k. */
export function contextSizeFor(
  wanted: { readonly model: number | undefined; readonly server: number | undefined },
  trained: number | undefined,
): number {
  return (
    wanted.server ?? wanted.model ?? Math.min(trained ?? UNKNOWN_TRAINED_CONTEXT, DEFAULT_CONTEXT)
  );
}
