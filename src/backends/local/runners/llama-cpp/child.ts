import { serveEngine } from '../../worker/server.ts';
import { importEngine } from '../../engine-package.ts';

serveEngine(async (...opening) => {
  const { LlamaEngine } = await importEngine(() => import('./llama-engine.ts'));
  return LlamaEngine.open(...opening);
});
