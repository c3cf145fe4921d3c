import type { GenerationRequest } from '../../core/backend.ts';
import type { DocumentPart, ImagePart, Part } from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { hasPart, imagesOf } from '../../core/parts.ts';
import { MAX_CHARACTERS } from '../../documents/limits.ts';
import { subjectOf } from '../../documents/loader.ts';
import type { BinaryDocument, DocumentLoader } from '../../documents/loader.ts';
import type { PdfPage } from '../../documents/pdf-protocol.ts';
import { DEFAULT_LONGEST_EDGE, MAX_IMAGES } from '../../images/limits.ts';
import type { GenerationContext, GenerationMiddleware } from '../middleware.ts';

type Loaded = ReadonlyMap<Part, readonly PdfPage[]>;

/**
 * Middleware that reads PDFs for all backends: the text of each page, and for a model with vision its picture as
 * well, after the document.
 *
 * @throws {RuntimeFailure} `invalid-request` if a document can't be read
 */
export function documents(loader: DocumentLoader): GenerationMiddleware {
  return (next) =>
    async function* readDocuments(request, context) {
      const files = filesOf(request);
      yield* next(
        files.length === 0 ? request : await withPages(request, files, loader, context),
        context,
      );
    };
}

function filesOf({ conversation }: GenerationRequest): readonly BinaryDocument[] {
  const files: BinaryDocument[] = [];
  hasPart(conversation, (part) => {
    if (isFile(part)) files.push(part);
    return false;
  });
  return files;
}

function isFile(part: Part): part is BinaryDocument {
  return part.kind === 'document' && ['base64', 'url'].includes(part.source.kind);
}

async function withPages(
  request: GenerationRequest,
  files: readonly BinaryDocument[],
  loader: DocumentLoader,
  { capabilities, signal }: GenerationContext,
): Promise<GenerationRequest> {
  const { conversation, model } = request;
  const edge = capabilities.images ? (model.imageLongestEdge ?? DEFAULT_LONGEST_EDGE) : undefined;
  const loaded = new Map<Part, readonly PdfPage[]>();
  const images = imagesOf(conversation).length;
  let pageCount = 0;
  let characters = 0;
  for (const file of files) {
    const pages = await loader.load(file, signal, edge);
    loaded.set(file, pages);
    pageCount += pages.length;
    characters += pages.reduce((sum, { text }) => sum + text.length, 0);
    if (capabilities.images && pageCount + images > MAX_IMAGES) {
      throw tooMuchMedia(pageCount, images);
    }
    if (characters > MAX_CHARACTERS) throw tooMuchText(file);
  }
  const turns = conversation.turns.map((turn) => ({
    ...turn,
    parts: replaceFiles(turn.parts, loaded),
  }));
  return { ...request, conversation: { ...conversation, turns } };
}

function tooMuchMedia(pages: number, images: number): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `Too much media: ${pages} document pages + ${images} images > ${MAX_IMAGES}`,
    { subject: 'messages' },
  );
}

/** Failure of the PDF that exceeds the limit of all together: small files may have gigabytes of text. */
function tooMuchText(file: BinaryDocument): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `The PDFs of a request may have ${MAX_CHARACTERS.toLocaleString('en')} characters of text. Send fewer of them.`,
    { subject: subjectOf(file) },
  );
}

function replaceFiles(parts: readonly Part[], loaded: Loaded): readonly Part[] {
  return parts.flatMap((part): readonly Part[] => {
    if (part.kind === 'tool-result') {
      return [{ ...part, output: replaceFiles(part.output, loaded) }];
    }
    const pages = loaded.get(part);
    return pages === undefined || part.kind !== 'document' ? [part] : readDocument(part, pages);
  });
}

function readDocument(document: DocumentPart, pages: readonly PdfPage[]): readonly Part[] {
  const pictures = pages.flatMap(({ picture }): readonly ImagePart[] =>
    picture === undefined
      ? []
      : [{ kind: 'image', source: { kind: 'base64', mediaType: 'image/jpeg', data: picture } }],
  );
  const fileId = 'fileId' in document.source ? document.source.fileId : undefined;
  const source = {
    kind: 'pages',
    pages: pages.map(({ text }) => text),
    ...(fileId !== undefined && { fileId }),
  } as const;
  return [{ ...document, source }, ...pictures];
}
