/** Name of the wire at the start of a path, as in `/anthropic/v1/…`; undefined if there is none. */
export function prefixOf(url: string, wires: readonly string[]): string | undefined {
  return wires.find(
    (name) => url.startsWith(`/${name}`) && /^(?:[/?]|$)/.test(url.slice(name.length + 1)),
  );
}

/**
 * Maps a URL to the path of its route: clients whose base URL ends in the name of a wire or in `/v1`
 * request `/anthropic/v1/…` and `/v1/v1/…`.
 */
export function canonicalUrl(url: string, wires: readonly string[]): string {
  const rest = url.slice((prefixOf(url, wires)?.length ?? -1) + 1);
  const path = rest.replace(/^(?:\/v1)+(?=\/v1(?:\/|\?|$))/, '');
  return path.startsWith('/') ? path : `/${path}`;
}
