import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CLAUDES,
  claudeFolders,
  CONVERSATION,
  endAfter,
  isClaudeMissing,
  startClaude,
} from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { FILE_TASK, FILE_TEXT, fileOf, fileTask } from '../support/claude-task.ts';
import { answering } from '../support/scripted-answers.ts';
import { covers } from '../support/covers.ts';

const RESULT = z.looseObject({
  type: z.literal('result'),
  subtype: z.string(),
  is_error: z.boolean(),
  num_turns: z.int(),
  result: z.string(),
  permission_denials: z.array(z.unknown()),
  modelUsage: z.record(z.string(), z.unknown()),
});

const LINE = z.looseObject({
  type: z.string(),
  subtype: z.string().optional(),
  message: z.looseObject({ content: z.array(z.looseObject({ type: z.string() })) }).optional(),
});

/** A line of input that asks for a title. */
const REQUEST = { subtype: 'generate_session_title', description: 'Write a file', persist: false };
const ASK = `${JSON.stringify({ type: 'control_request', request_id: 'one', request: REQUEST })}\n`;

/** The kinds of the lines of stream-json output, those of single deltas left out. */
function kindsOf(output: string): readonly string[] {
  const lines = output.trim().split('\n');
  return lines
    .map((line) => LINE.parse(JSON.parse(line)))
    .filter(({ type }) => type !== 'stream_event')
    .map(({ type, subtype, message }) => `${type} ${message?.content[0]?.type ?? subtype ?? ''}`);
}

describe.each(CLAUDES)('Claude Code $name', (claude) => {
  covers('R5.8-file-task', 'R5.8-names', 'R5.8-title', 'R5.6-names', 'R5.8-count');

  const isMissing = isClaudeMissing(claude);

  it.skipIf(isMissing)('does the file task with JSON output', async () => {
    const folders = await claudeFolders();
    const { url, requests, logged } = await servePlay({ script: fileTask(folders) });
    const args = [...FILE_TASK, '--output-format', 'json'];
    const { code, stdout } = await startClaude(folders, { claude, url, args }).ended;
    expect(RESULT.parse(JSON.parse(stdout))).toMatchObject({
      subtype: 'success',
      is_error: false,
      num_turns: 3,
      result: 'DONE',
      permission_denials: [],
      modelUsage: { actor: expect.anything() },
    });
    expect(code).toBe(0);
    expect(await readFile(fileOf(folders), 'utf8')).toBe(FILE_TEXT);
    expect(requests).toHaveLength(3);
    expect(logged.join('\n')).not.toContain('stands in for');
  });

  it.skipIf(isMissing)('does it with a stream of JSON lines', async () => {
    const folders = await claudeFolders();
    const { url } = await servePlay({ script: fileTask(folders) });
    const output = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages'];
    const args = [...FILE_TASK, ...output];
    const { code, stdout } = await startClaude(folders, { claude, url, args }).ended;
    const kinds = kindsOf(stdout).filter((kind) => /^(assistant|user|result) /.test(kind));
    const call = ['assistant text', 'assistant tool_use', 'user tool_result'];
    expect(kinds).toEqual([...call, ...call, 'assistant text', 'result success']);
    expect(stdout).toContain('"input_json_delta"');
    expect(code).toBe(0);
    expect(await readFile(fileOf(folders), 'utf8')).toBe(FILE_TEXT);
  });

  it.skipIf(isMissing)('is given a title by the same model', async () => {
    const folders = await claudeFolders();
    const { url, requests, logged } = await servePlay({
      script: () => answeringTitle(),
    });
    const run = startClaude(folders, { claude, url, args: CONVERSATION, input: ASK });
    endAfter(run, 'control_response');
    const { stdout } = await run.ended;
    expect(stdout).toContain('"response":{"title":"A file of words"}');
    expect(requests[0]?.outputSchema).toMatchObject({ properties: { title: { type: 'string' } } });
    expect(logged.join('\n')).not.toContain('stands in for');
  });

  it.skipIf(isMissing)('has its haiku tier answered by the session’s model', async () => {
    const folders = await claudeFolders();
    const { url, logged } = await servePlay({ script: () => answeringTitle() });
    const haiku = 'claude-haiku-4-5-20251001';
    const tier = { ANTHROPIC_DEFAULT_HAIKU_MODEL: haiku, ANTHROPIC_SMALL_FAST_MODEL: haiku };
    const run = startClaude(folders, {
      claude,
      url,
      args: CONVERSATION,
      input: ASK,
      environment: tier,
    });
    endAfter(run, 'control_response');
    expect((await run.ended).stdout).toContain('"response":{"title":"A file of words"}');
    expect(logged.join('\n')).toContain(`actor stands in for ${haiku}`);
  });

  it.skipIf(isMissing)('counts its context without a generation', async () => {
    const folders = await claudeFolders();
    const { url, requests, counts } = await servePlay({ script: () => answeringTitle() });
    const args = ['-p', '/context', '--output-format', 'json'];
    const { stdout } = await startClaude(folders, { claude, url, args, tools: [] }).ended;
    expect(RESULT.parse(JSON.parse(stdout)).result).toContain('/ 78.5k');
    expect(counts.length).toBeGreaterThan(5);
    expect(requests).toEqual([]);
  });
});

async function* answeringTitle() {
  yield* answering('{"title":"A file of words"}');
}
