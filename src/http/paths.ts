/** Name of the wire that a path begins with, as in `/anthropic/v1/…`; undefined if there is none. */
export function prefixOf(url: string, wires: readonly string[]): string | undefined {
  return wires.find(
    (name) => url.startsWith(`/${name}`) && /^(?:[/?]|$)/.test(url.slice(name.length + 1)),
  );
}

/**
 * The path that a route is registered under: clients whose base URL ends in the name of a wire or in
 * `/v1` ask for `/anthropic/v1/…` and `/v1/v1/…`.
 */
export function canonicalUrl(url: string, wires: readonly string[]): string {
  const rest = url.slice((prefixOf(url, wires)?.length ?? -1) + 1);
  return rest.replace(/^(?:\/v1)+(?=\/v1(?:\/|\?|$))/, '') || '/';
}
