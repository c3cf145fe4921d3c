/**
 * The path that a route is registered under: clients whose base URL ends in `/anthropic` or `/v1`
 * ask for `/anthropic/v1/…` and `/v1/v1/…`.
 */
export function canonicalUrl(url: string): string {
  return (
    url.replace(/^\/anthropic(?=\/|\?|$)/, '').replace(/^(?:\/v1)+(?=\/v1(?:\/|\?|$))/, '') || '/'
  );
}
