import { serveEngine } from '../../worker/server.ts';
import { VisionEngine } from './vision-engine.ts';

serveEngine((spec, settings, log, gate) =>
  VisionEngine.open({ spec, settings, log, gate, abandon: () => process.exit(1) }),
);
