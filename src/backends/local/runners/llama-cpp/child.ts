import { serveEngine } from '../../worker/server.ts';
import { LlamaEngine } from './llama-engine.ts';

serveEngine((...opening) => LlamaEngine.open(...opening));
