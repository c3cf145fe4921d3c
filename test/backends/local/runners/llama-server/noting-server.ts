import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import { LLAMA_SERVER, openServed } from '../../../../support/llama-server.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';

/** A folder with a llama-server that notes its key, its arguments and its log there. */
export function notingServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'portico-options-'));
  const inFolder = (name: string) => path.join(folder, name);
  const written = (name: string) => readFileSync(inFolder(name), 'utf8');
  const file = inFolder('llama-server');
  const note = `echo "$LLAMA_API_KEY" > ${inFolder('key')}; echo "$@" > ${inFolder('arguments')}`;
  const start = `exec ${LLAMA_SERVER} "$@" --log-file ${inFolder('log')} --log-verbosity 5`;
  const script = `#!/bin/sh\ncase $1 in --model) ${note}; ${start};; esac\nexec ${LLAMA_SERVER} "$@"\n`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  let models = 0;

  /** Answers a request by a model with options, and asks its llama-server about itself. */
  async function askedWith(options: Partial<LocalSpec>, about = '/props', expected?: string) {
    const { backend, close } = openServed({ llamaServer: file, parallel: 1 });
    try {
      const model: LocalSpec = { ...MINI, name: `noted-${models++}`, ...options };
      const asked = request(model, said('Count from 1 to 5'), { maxTokens: 16 });
      const { text } = await collect(backend.generate(asked, AbortSignal.timeout(60_000)));
      if (expected !== undefined && text !== expected) throw new Error(`It said ${text}.`);
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(written('log')) ?? [];
      const headers = { authorization: `Bearer ${written('key').trim()}` };
      const answer: unknown = await (await fetch(`${url}${about}`, { headers })).json();
      return answer;
    } finally {
      await close();
    }
  }
  return { inFolder, written, askedWith, close: () => rmSync(folder, { recursive: true }) };
}
