const DEFAULT_HOST = '127.0.0.1:11434';
const DEFAULT_PORT = '11434';

/**
 * Converts OLLAMA_HOST to a base URL, as Ollama's own client does: scheme and port are optional, and a
 * wildcard address becomes one of this machine.
 */
export function ollamaUrl(host: string | undefined): string {
  const written = host?.trim().replaceAll(/^["']|["']$/g, '') || DEFAULT_HOST;
  const withScheme = written.includes('://') ? written : `http://${written}`;
  if (!URL.canParse(withScheme)) {
    const port = /^(?:https?:\/\/)?:(\d+)$/.exec(written)?.[1];
    return port === undefined ? withScheme : `http://127.0.0.1:${port}`;
  }
  const url = new URL(withScheme);
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1';
  if (url.port === '' && !written.includes('://')) url.port = DEFAULT_PORT;
  return url.href.replace(/(?<!\/)\/+$/, '');
}
