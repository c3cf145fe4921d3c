import { describe, expect, it, onTestFinished } from 'vitest';
import type { Script } from '../support/scripted-backend.ts';
import { openServices } from '../../src/pipeline/middleware/server-tools/open.ts';
import { startSearxng } from '../http/searching.ts';
import { CLAUDES, claudeFolders, isClaudeMissing, startClaude } from '../support/claude-code.ts';
import { answering, resultsIn } from '../support/scripted-answers.ts';
import { serveScript } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

/** A model that wants to search, and when Claude Code asks it to search for that, does so. */
function searching(results: string[]): Script {
  return async function* (request) {
    const tools = request.conversation.tools.map(({ name }) => name);
    const given = resultsIn(request).map(({ output }) => JSON.stringify(output));
    if (tools.includes('WebSearch')) {
      results.push(...given);
      yield* given.length === 0
        ? answering({ call: 'WebSearch', input: { query: 'portico news' } })
        : answering('DONE');
    } else if (tools.includes('web_search') && given.length === 0) {
      yield* answering({ call: 'web_search', input: { query: 'portico news' } });
    } else yield* answering('That is what there is.');
  };
}

const ARGS = ['-p', 'What is new about Portico?', '--output-format', 'json'];
const TOOLS = ['--tools=WebSearch', '--allowedTools=WebSearch'];

describe.each(CLAUDES)('WebSearch of Claude Code $name', (claude) => {
  covers('R5.7-search', 'R5.7-unavailable');

  it.skipIf(isClaudeMissing(claude))('finds by the SearXNG', async () => {
    const searxng = await startSearxng();
    onTestFinished(() => searxng.close());
    const results: string[] = [];
    const search = { kind: 'searxng', url: searxng.url } as const;
    const services = openServices(search, undefined, () => undefined);
    const server = await serveScript({ script: searching(results) }, {}, { services });
    onTestFinished(() => server.close());
    const run = { claude, url: server.url, args: ARGS, tools: TOOLS };
    const { code, stdout } = await startClaude(await claudeFolders(), run).ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    expect(searxng.queries).toEqual(['portico news']);
    expect(results.join('\n')).toContain('https://docs.example.com/guide');
    expect(results.join('\n')).toContain('That is what there is.');
  });

  const title = 'reports that the search is unavailable, and the turn continues';
  it.skipIf(isClaudeMissing(claude))(title, async () => {
    const results: string[] = [];
    const server = await serveScript({ script: searching(results) });
    onTestFinished(() => server.close());
    const run = { claude, url: server.url, args: ARGS, tools: TOOLS };
    const { stdout } = await startClaude(await claudeFolders(), run).ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(results.join('\n')).toContain('Web search error: unavailable');
  });
});
