import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Part } from '../../src/core/conversation.ts';
import { createDocumentLoader } from '../../src/documents/loader.ts';
import type { Script } from '../support/scripted-backend.ts';
import { CLAUDES, claudeFolders, isClaudeMissing, startClaude } from '../support/claude-code.ts';
import { writePdf } from '../support/pdf.ts';
import { answering, resultsIn } from '../support/scripted-answers.ts';
import { serveScript } from '../support/scripted-server.ts';

const module = new URL('../../dist/documents/pdf-child.js', import.meta.url);

/** A model that reads the file, and notes what it has got in the end. */
function reading(file: string, got: Part[]): Script {
  return async function* (request) {
    const isMain = request.conversation.tools.some(({ name }) => name === 'Read');
    if (isMain && resultsIn(request).length === 0) {
      yield* answering({ call: 'Read', input: { file_path: file } });
      return;
    }
    if (isMain) got.push(...request.conversation.turns.flatMap(({ parts }) => parts));
    yield* answering('DONE');
  };
}

describe.each(CLAUDES)('Claude Code $name', (claude) => {
  it.skipIf(isClaudeMissing(claude))('reads a PDF and goes on', async () => {
    const folders = await claudeFolders();
    const file = path.join(folders.project, 'colours.pdf');
    await writeFile(file, writePdf(['The sky is blue.', 'Grass is green.']));
    const got: Part[] = [];
    const documents = createDocumentLoader({ module });
    const server = await serveScript({ script: reading(file, got) }, {}, { documents });
    onTestFinished(() => server.close());
    const args = ['-p', `Read ${file}`, '--output-format', 'json'];
    const tools = ['--tools=Read', '--allowedTools=Read'];
    const { code, stdout } = await startClaude(folders, { claude, url: server.url, args, tools })
      .ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(JSON.stringify(got)).toContain('Grass is green.');
  });
});
