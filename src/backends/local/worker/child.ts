import { openEngine } from '../open-engine.ts';
import { serveEngine } from './server.ts';

serveEngine(openEngine);
