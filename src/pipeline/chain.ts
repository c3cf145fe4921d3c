import type { DocumentLoader } from '../documents/loader.ts';
import type { ImageLoader } from '../images/loader.ts';
import { cacheMisses } from './middleware/cache-misses/cache-misses.ts';
import { callGuard } from './middleware/call-guard.ts';
import { citations } from './middleware/citations/citations.ts';
import { contextEdits } from './middleware/context-edits/context-edits.ts';
import { documents } from './middleware/documents.ts';
import { forcedCall } from './middleware/forced-call.ts';
import { jsonGuard } from './middleware/json-guard.ts';
import { leakedOutput } from './middleware/leaked-output.ts';
import { pictures } from './middleware/pictures.ts';
import { promptInjection } from './middleware/prompt-injection.ts';
import { refusedTools } from './middleware/refused-tools.ts';
import { serverTools } from './middleware/server-tools/server-tools.ts';
import type { ServerServices } from './middleware/server-tools/services.ts';
import { unopenedThinking } from './middleware/unopened-thinking.ts';
import { wellFormed } from './middleware/well-formed.ts';
import { compose } from './middleware.ts';
import type { GenerationMiddleware } from './middleware.ts';

export interface ChainOptions {
  readonly images: ImageLoader;
  readonly documents: DocumentLoader;
  readonly services: ServerServices;
}

/** Creates the middleware between every admitted request and its backend, the outermost first. */
export function createChain({
  images,
  documents: loader,
  services,
}: ChainOptions): GenerationMiddleware {
  return compose(
    contextEdits(),
    cacheMisses(services.log),
    pictures(images),
    documents(loader),
    citations(services.log),
    serverTools(services),
    jsonGuard,
    refusedTools,
    forcedCall,
    callGuard,
    wellFormed,
    promptInjection,
    leakedOutput,
    unopenedThinking(),
  );
}
