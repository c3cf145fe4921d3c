import { describe, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import {
  CLAUDES,
  claudeFolders,
  CONVERSATION,
  converse,
  isClaudeMissing,
  startClaude,
} from '../support/claude-code.ts';
import { servePlay } from '../support/claude-play.ts';
import { answering, resultsIn } from '../support/scripted-answers.ts';
import { covers } from '../support/covers.ts';

const agentCall = (task: string) => ({
  call: 'Agent',
  input: { description: task, prompt: `Do task ${task}`, subagent_type: 'general-purpose' },
});

/** Comes back in each of the callers once all of them are there. */
function meeting(size: number): () => Promise<void> {
  let arrive: () => void = () => {};
  const everybody = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let present = 0;
  return () => {
    present += 1;
    if (present === size) arrive();
    return everybody;
  };
}

describe.each(CLAUDES)('Claude Code $name', (claude) => {
  covers('R5.8-subagents', 'R5.8-names', 'R5.8-extends');

  it.skipIf(isClaudeMissing(claude))('runs two subagents at the same time', async () => {
    const folders = await claudeFolders();
    const met = meeting(2);
    const { url, requests, logged } = await servePlay({
      async *script(request) {
        if (request.session.agent !== undefined) {
          await met();
          yield* answering(`Found by ${request.session.agent}.`);
        } else if (resultsIn(request).length === 0) {
          yield* answering('I ask two.', agentCall('one'), agentCall('two'));
        } else {
          yield* answering('DONE');
        }
      },
    });
    const args = ['-p', 'Use two agents.', '--output-format', 'json'];
    const tools = ['--allowedTools=Agent'];
    const { code, stdout } = await startClaude(folders, { claude, url, args, tools }).ended;
    expect(stdout).toContain('"result":"DONE"');
    expect(code).toBe(0);
    const agents = requests.map(({ session }) => session.agent).filter((id) => id !== undefined);
    expect(new Set(agents).size).toBe(2);
    expect(new Set(requests.map(({ session }) => session.session)).size).toBe(1);
    const found = requests.map((request) => JSON.stringify(request.conversation)).at(-1);
    for (const agent of agents) expect(found).toContain(`Found by ${agent}.`);
    expect(logged.join('\n')).not.toContain('stands in for');
  });

  it.skipIf(isClaudeMissing(claude))('extends what it sent before', async () => {
    const folders = await claudeFolders();
    const tasks = ['the first task', 'the second task', 'the third task'];
    const { url, requests } = await servePlay({
      async *script(request) {
        const done = resultsIn(request).length;
        const show = { command: `cat ${folders.project}/none${done}`, description: 'Shows a file' };
        const asked = request.conversation.turns.filter(isTask).length;
        yield* done < asked * 2
          ? answering('I look.', { call: 'Bash', input: show })
          : answering('So.');
      },
    });
    const run = startClaude(folders, { claude, url, args: CONVERSATION, input: '' });
    converse(run, tasks);
    await run.ended;
    expect(requests).toHaveLength(9);
    for (const [index, { conversation }] of requests.slice(1).entries()) {
      const before = requests[index]?.conversation;
      expect(conversation.system).toEqual(before?.system);
      expect(conversation.tools).toEqual(before?.tools);
      expect(conversation.turns.slice(0, before?.turns.length)).toEqual(before?.turns);
    }
  });
});

type Turn = GenerationRequest['conversation']['turns'][number];

const isTask = ({ role, parts }: Turn): boolean =>
  role === 'user' && parts.some((part) => part.kind === 'text' && part.text.includes(' task'));
