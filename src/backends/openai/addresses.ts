/** URL of a path of the API under a base URL. Adds `/v1` if the base URL has no version. */
export function apiUrl(baseUrl: string, path: string): string {
  return under(baseUrl, (base) => `${/\/v\d/.test(base) ? base : `${base}/v1`}/${path}`);
}

/** URL of a path of the server itself, outside of `/v1`. */
export function rootUrl(baseUrl: string, path: string): string {
  return under(baseUrl, (base) => `${base.replace(/\/v\d[^/]*$/, '')}/${path}`);
}

/** Replaces the path of a base URL and keeps its query, such as Azure's `api-version`. */
function under(baseUrl: string, place: (pathname: string) => string): string {
  const url = new URL(baseUrl);
  url.pathname = place(url.pathname.replace(/(?<!\/)\/+$/, '').replace(/\/chat\/completions$/, ''));
  return url.href;
}
