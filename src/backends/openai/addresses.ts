/** A path of the API under a base URL: `/v1` is added where the URL has no version of its own. */
export function apiUrl(baseUrl: string, path: string): string {
  return under(baseUrl, (base) => `${/\/v\d/.test(base) ? base : `${base}/v1`}/${path}`);
}

/** A path of the server itself, beside its `/v1`. */
export function rootUrl(baseUrl: string, path: string): string {
  return under(baseUrl, (base) => `${base.replace(/\/v\d[^/]*$/, '')}/${path}`);
}

/** The query of a base URL stays, as Azure's `api-version` has to. */
function under(baseUrl: string, place: (pathname: string) => string): string {
  const url = new URL(baseUrl);
  url.pathname = place(url.pathname.replace(/(?<!\/)\/+$/, '').replace(/\/chat\/completions$/, ''));
  return url.href;
}
