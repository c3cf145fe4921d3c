/**
 * Returns true for a model that Ollama forwards to its cloud: `gpt-oss:120b-cloud`, `name:cloud`
 * (`parseSourceSuffix` in its internal/modelref).
 */
export function isCloudName(name: string): boolean {
  return /:(cloud|[^:/]*-cloud)$/i.test(name);
}
