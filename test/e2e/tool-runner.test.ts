import type { Anthropic } from 'anthropic-sdk-0';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import type { Dialect } from '../support/dialects.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

const TASK = "Write hello.txt containing 'stone', then cat it and reply DONE.";
const WEATHER = 'What is the weather in Paris and Tokyo?';

/** A shell of two commands over files in memory, and its record of what ran. */
function shell() {
  const files = new Map<string, string>();
  const commands: string[] = [];
  const run = (command: string): string => {
    commands.push(command);
    const [, text = '', written = ''] = /^echo '(.*)' > (\S+)$/.exec(command) ?? [];
    if (written !== '') files.set(written, text);
    const [, shown = ''] = /^cat (\S+)$/.exec(command) ?? [];
    return shown === '' ? '(no output)' : (files.get(shown) ?? `cat: ${shown}: no such file`);
  };
  return { files, commands, run };
}

const text = (about: string) => z.string().describe(about);

/** The tools that the task is done with: one that works, and two that are not needed. */
function fileTools({ betaZodTool }: Dialect, run: (command: string) => string) {
  const unused = () => {
    throw new Error('no test needs this tool');
  };
  return [
    betaZodTool({
      name: 'Bash',
      description: 'Runs a shell command',
      inputSchema: z.object({ command: text('The command to execute') }),
      run: ({ command }) => run(command),
    }),
    betaZodTool({
      name: 'Edit',
      description: 'Edits a file',
      inputSchema: z.object({
        file_path: text('Path of the file'),
        old_string: text('The text to replace'),
        new_string: text('The new text'),
      }),
      run: unused,
    }),
    betaZodTool({
      name: 'Read',
      description: 'Reads a file from disk',
      inputSchema: z.object({ file_path: text('Path of the file') }),
      run: unused,
    }),
  ];
}

function weatherTool({ betaZodTool }: Dialect, run: (location: string) => string) {
  return betaZodTool({
    name: 'get_weather',
    description: 'Get the current weather in a location',
    inputSchema: z.object({ location: text('City name') }),
    run: ({ location }) => run(location),
  });
}

const asks = (content: string) => ({
  model: 'mini',
  max_tokens: 300,
  messages: [{ role: 'user' as const, content }],
});

type Content = Anthropic.Beta.BetaMessage['content'];

const callsOf = (content: Content) => content.filter((block) => block.type === 'tool_use');
const textOf = (content: Content) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');

describe.each(DIALECTS)('the tool runner of $dialect', (dialect) => {
  covers(
    'R3.8-dialects',
    'R3.8-runner',
    'R3.8-zod',
    'R3.1-ids',
    'R3.8-streaming',
    'R3.1-arguments',
    'R3.1-parallel',
    'R3.1-results',
    'R3.1-cut',
  );

  let client: Anthropic;
  let files: ReturnType<typeof shell>;
  beforeAll(() => {
    client = clientOf(dialect, server.url);
  });
  beforeEach(() => {
    files = shell();
  });

  function expectDone(messages: readonly Anthropic.Beta.BetaMessage[]): void {
    expect(messages.map(({ stop_reason }) => stop_reason)).toEqual([
      'tool_use',
      'tool_use',
      'end_turn',
    ]);
    expect(files.commands).toEqual([
      expect.stringMatching(/^echo .* > hello\.txt$/),
      'cat hello.txt',
    ]);
    expect(files.files.get('hello.txt')).toMatch(/\w/);
    expect(textOf(messages.at(-1)?.content ?? [])).toMatch(/^DONE\W?$/);
    const calls = messages.flatMap(({ content }) => callsOf(content));
    for (const { id } of calls) expect(id).toMatch(/^toolu_\w+$/);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  }

  it('writes a file, looks at it and says so', async () => {
    const tools = fileTools(dialect, files.run);
    const messages: Anthropic.Beta.BetaMessage[] = [];
    const runner = client.beta.messages.toolRunner({ ...asks(TASK), tools });
    for await (const message of runner) messages.push(message);
    expectDone(messages);
    expect(await runner.done()).toEqual(messages.at(-1));
  });

  it('does the same in streams, with arguments as they come', async () => {
    const tools = fileTools(dialect, files.run);
    const messages: Anthropic.Beta.BetaMessage[] = [];
    const runner = client.beta.messages.toolRunner({ ...asks(TASK), tools, stream: true });
    for await (const stream of runner) {
      const parts: string[] = [];
      stream.on('inputJson', (part) => void parts.push(part));
      const message = await stream.finalMessage();
      messages.push(message);
      const [call] = callsOf(message.content);
      if (call === undefined) continue;
      expect(parts.filter((part) => part !== '').length).toBeGreaterThan(3);
      expect(JSON.parse(parts.join(''))).toEqual(call.input);
    }
    expectDone(messages);
  });

  it('answers two calls of one message together', async () => {
    const asked: string[] = [];
    const tools = [
      weatherTool(dialect, (location) => {
        asked.push(location);
        return location === 'Paris' ? '18 degrees and cloudy' : '31 degrees and sunny';
      }),
    ];
    const messages: Anthropic.Beta.BetaMessage[] = [];
    const runner = client.beta.messages.toolRunner({ ...asks(WEATHER), tools });
    for await (const message of runner) messages.push(message);
    expect(messages.map(({ content }) => content.map(({ type }) => type))).toEqual([
      ['tool_use', 'tool_use'],
      ['text'],
    ]);
    expect(asked).toEqual(['Paris', 'Tokyo']);
    const calls = callsOf(messages[0]?.content ?? []);
    const results = runner.params.messages.findLast(({ role }) => role === 'user')?.content;
    expect(results).toMatchObject(calls.map(({ id }) => ({ tool_use_id: id })));
    expect(textOf(messages.at(-1)?.content ?? [])).toMatch(/^The weather in Paris/);
  });

  it('goes on after a tool that failed', async () => {
    const tools = [
      weatherTool(dialect, (location) => {
        throw new Error(`${location} is not on the map`);
      }),
    ];
    const runner = client.beta.messages.toolRunner({
      ...asks('What is the weather in Paris?'),
      tools,
      max_iterations: 3,
    });
    const last = await runner.runUntilDone();
    expect(JSON.stringify(runner.params.messages)).toContain('"is_error":true');
    // What the model says of the failure, and how long, is its own choice.
    expect(last.content).not.toEqual([]);
  });

  it.each([true, false])('runs no call that was cut off (stream: %s)', async (stream) => {
    const tools = fileTools(dialect, files.run);
    // Enough to begin the command, too little to end it.
    const body = { ...asks(TASK), max_tokens: 20, tools };
    const last = await client.beta.messages.toolRunner({ ...body, stream }).runUntilDone();
    expect(last.stop_reason).toBe('max_tokens');
    expect(files.commands).toEqual([]);
  });
});
