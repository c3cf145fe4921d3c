import { serveEngine } from '../engine-child.ts';
import { LlamaEngine } from './llama-engine.ts';

serveEngine((...opening) => LlamaEngine.open(...opening));
