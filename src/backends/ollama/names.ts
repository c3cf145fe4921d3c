/**
 * True for a model that Ollama passes on to its cloud without having it: `gpt-oss:120b-cloud`, `name:cloud`
 * (`parseSourceSuffix` in its internal/modelref).
 */
export function isCloudName(name: string): boolean {
  return /:(cloud|[^:/]*-cloud)$/i.test(name);
}
