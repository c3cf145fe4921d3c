import { RuntimeFailure } from '../../core/failure.ts';
import { isSource, nameOf, parseSource } from '../../download/source.ts';
import type { DownloadSource } from '../../download/source.ts';
import { pulledFile } from '../../registry/files.ts';
import { lookUp } from '../../registry/lookup.ts';
import { freeName } from '../../registry/register.ts';
import type { Registry, RegistryModel } from '../../registry/registry.ts';
import { problemOf, unknownModel } from '../../registry/resolve.ts';

/** Model to pull. */
export type PullTarget =
  | {
      readonly kind: 'gguf';
      readonly name: string;
      /** Source as written in models.yaml. */
      readonly source: string;
      readonly from: DownloadSource;
      /** Path of the downloaded file. */
      readonly file: string;
      /** True if models.yaml has an entry of this name. */
      readonly isKnown: boolean;
    }
  | {
      readonly kind: 'ollama';
      readonly model: string;
      /** Undefined for the server that OLLAMA_HOST names. */
      readonly url: string | undefined;
      /** True if the user did not name Ollama, but no entry has this name. */
      readonly isGuess: boolean;
    };

/**
 * Resolves an argument to a model to pull: a source, a name of models.yaml, or a name of Ollama.
 * Throws `invalid-request` for a model that can't be pulled.
 *
 * @param chosenName name for the model, from `--name`
 */
export function choosePull(
  registry: Registry,
  what: string,
  modelsFolder: string,
  chosenName?: string,
): PullTarget {
  const [, ollama] = /^ollama:(.+)$/i.exec(what) ?? [];
  if (ollama !== undefined)
    return { kind: 'ollama', model: ollama, url: undefined, isGuess: false };
  if (isSource(what)) return sourceTarget(registry, what, modelsFolder, chosenName);
  if (chosenName !== undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `--name is for sources, such as hf:user/model; for another name of ${what}, use: portico cp ${what} ${chosenName}`,
    );
  }
  const lookup = lookUp(registry, what);
  if (lookup.found) return modelTarget(lookup.model);
  if (problemOf(registry, what) !== undefined) {
    throw new RuntimeFailure('model-not-found', unknownModel(registry, what));
  }
  return { kind: 'ollama', model: what, url: undefined, isGuess: true };
}

function sourceTarget(
  registry: Registry,
  source: string,
  modelsFolder: string,
  chosenName: string | undefined,
): PullTarget {
  const from = parseSource(source);
  const known = [...registry.models.values()].find(
    (model) =>
      model.source === source && (chosenName === undefined || model.spec.name === chosenName),
  );
  if (known !== undefined) return modelTarget(known);
  const taken = (name: string) => registry.models.has(name) || registry.aliases.has(name);
  const name = freeName(taken, chosenName === undefined ? namesFor(from) : [checkName(chosenName)]);
  return { kind: 'gguf', name, source, from, file: pulledFile(name, modelsFolder), isKnown: false };
}

/** Names to try, in this order. The second one has the quantization, because a repository has several. */
function namesFor(from: DownloadSource): readonly string[] {
  const name = nameOf(from);
  return from.kind === 'hub' && from.wanted.by === 'quantization'
    ? [name, `${name}:${from.wanted.tag.toLowerCase()}`]
    : [name];
}

function checkName(name: string): string {
  if (/^[^\s\p{Cc}]+$/u.test(name)) return name;
  throw new RuntimeFailure('invalid-request', `'${name}' is not a name: use one without spaces`);
}

function modelTarget({ spec, source, location }: RegistryModel): PullTarget {
  const { name, backend, file } = spec;
  if (backend === 'ollama') {
    return { kind: 'ollama', model: spec.upstream ?? name, url: spec.url, isGuess: false };
  }
  if (file === undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${name}' runs on ${spec.url ?? 'another server'}, so there is nothing to pull; load it there`,
    );
  }
  if (source === undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `${location}: '${name}' has no source to pull it from, only its file ${file}; ` +
        "put the file there, or add 'source: hf:user/model:quantization' to the entry",
    );
  }
  return { kind: 'gguf', name, source, from: parseSource(source), file, isKnown: true };
}
