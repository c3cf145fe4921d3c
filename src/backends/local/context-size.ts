/** Largest default context. More is opt-in, because the memory of a context grows with its size. */
const DEFAULT_CONTEXT = 32_768;

/** Context of models whose file does not contain the one of the training. */
const UNKNOWN_TRAINED_CONTEXT = 4096;

/** Context size in tokens: the server's setting, the model's own, otherwise the one of the training up to 32k. */
export function contextSizeFor(
  wanted: { readonly model: number | undefined; readonly server: number | undefined },
  trained: number | undefined,
): number {
  return (
    wanted.server ?? wanted.model ?? Math.min(trained ?? UNKNOWN_TRAINED_CONTEXT, DEFAULT_CONTEXT)
  );
}
