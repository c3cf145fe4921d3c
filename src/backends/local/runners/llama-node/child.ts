import { serveEngine } from '../../worker/server.ts';
import { importEngine } from '../../engine-package.ts';

serveEngine(async (spec, settings, log, gate) => {
  const { VisionEngine } = await importEngine(() => import('./vision-engine.ts'));
  return VisionEngine.open({ spec, settings, log, gate, abandon: () => process.exit(1) });
});
