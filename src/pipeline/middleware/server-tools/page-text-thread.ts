import { parentPort } from 'node:worker_threads';
import { pageText } from './page-text.ts';
import type { SentPage } from './page-text.ts';

/** Reads the one page that this thread was started for. */
parentPort?.once('message', (page: SentPage) => parentPort?.postMessage(pageText(page)));
