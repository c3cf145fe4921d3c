import { text } from 'node:stream/consumers';
import { composeModels } from '../../compose.ts';
import type { Models } from '../../compose.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { ServeFlags } from '../../config/settings.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { answer } from '../run/answer.ts';
import { chat, turnOf } from '../run/chat.ts';
import type { CliContext } from '../context.ts';
import { createLogger } from '../ui/logger.ts';
import { readableFiles } from '../registry-files.ts';
import { writeAnswer } from '../ui/report.ts';

/** What a shell reports for a program that Ctrl-C ended: 128 and the signal's number. */
const INTERRUPTED = 130;

/** `portico run`: one answer where there is a prompt or input, else a conversation. Gives the exit code. */
export async function run(
  model: string | undefined,
  prompt: string | undefined,
  flags: Pick<ServeFlags, 'models' | 'threads' | 'context' | 'engine'>,
  context: CliContext,
): Promise<number> {
  readableFiles(flags.models, context.environment);
  const settings = resolveSettings(flags, context.environment);
  const logger = await createLogger('error', context);
  const models = await composeModels(settings, logger);
  try {
    const { requested: name } = await models.runtime.resolve(model ?? models.registry.defaultModel);
    const asked = await readPrompt(prompt, context);
    if (asked !== undefined) return await answerOnce(models, name, asked, context);
    await chat(models.runtime, name, context);
    return 0;
  } finally {
    await models.close();
  }
}

/** The prompt and what standard input holds; undefined where a person sits there and gave none. */
async function readPrompt(
  prompt: string | undefined,
  { stdin }: CliContext,
): Promise<string | undefined> {
  const input = stdin.isTTY === true ? '' : (await text(stdin)).trim();
  const parts = [prompt ?? '', input].filter((part) => part !== '');
  if (parts.length > 0) return parts.join('\n\n');
  if (stdin.isTTY === true) return undefined;
  throw new RuntimeFailure(
    'invalid-request',
    'There is no prompt: give one as the second argument, or on standard input.',
  );
}

async function answerOnce(
  { runtime }: Models,
  name: string,
  prompt: string,
  context: CliContext,
): Promise<number> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.once('SIGINT', interrupt);
  try {
    const turns = [turnOf('user', prompt)];
    await answer(runtime, name, turns, (piece) => writeAnswer(piece, context), controller.signal);
    return controller.signal.aborted ? INTERRUPTED : 0;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
