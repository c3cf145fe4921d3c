import { parentPort } from 'node:worker_threads';
import { pageText } from './page-text.ts';
import type { SentPage } from './page-text.ts';

/** Reads one page; the thread is started for it. */
parentPort?.once('message', (page: SentPage) => parentPort?.postMessage(pageText(page)));
