import type { Backend, GenerationRequest } from '../../../../core/backend.ts';
import type { Part } from '../../../../core/conversation.ts';
import type { ModelSpec } from '../../../../core/model.ts';

/**
 * Where an entry says so, conversations without pictures go to the engine for text: it has more slots,
 * and its prefixes are kept on disk. The price is the memory of both.
 *
 * @param seeing answers all else
 * @param text opens the engine for text; asked for once, by the first model that needs it
 */
export function withTextApart(seeing: Backend, text: () => Promise<Backend>): Backend {
  let opened: Promise<Backend> | undefined;
  const textBackend = (): Promise<Backend> => (opened ??= text());
  const backendFor = async (request: GenerationRequest): Promise<Backend> =>
    isApart(request.model) && !request.conversation.turns.some(({ parts }) => hasPicture(parts))
      ? textBackend()
      : seeing;
  const { describe } = seeing;
  return {
    kind: 'vision',
    ...(describe && { describe: (model) => describe(model) }),
    async capabilities(model, signal) {
      if (!isApart(model)) return seeing.capabilities(model, signal);
      // The engine that sees is opened by the first picture.
      return { ...(await (await textBackend()).capabilities(model, signal)), images: true };
    },
    countTokens: async (request, signal) =>
      (await backendFor(request)).countTokens(request, signal),
    async *generate(request, signal) {
      yield* (await backendFor(request)).generate(request, signal);
    },
    async loaded(signal) {
      const engine = await opened?.catch(() => undefined);
      const forText = (await engine?.loaded?.(signal)) ?? [];
      const forPictures = (await seeing.loaded?.(signal)) ?? [];
      return [
        ...forText.map((model) => ({ ...model, engine: 'text' as const })),
        ...forPictures.map((model) => ({ ...model, engine: 'vision' as const })),
      ];
    },
    async unload(name) {
      await (await opened)?.unload?.(name);
      await seeing.unload?.(name);
    },
    async close() {
      await Promise.all([seeing.close(), opened?.then((backend) => backend.close())]);
    },
  };
}

function isApart({ picturesApart }: ModelSpec): boolean {
  return picturesApart === true;
}

function hasPicture(parts: readonly Part[]): boolean {
  return parts.some(
    (part) => part.kind === 'image' || (part.kind === 'tool-result' && hasPicture(part.output)),
  );
}
