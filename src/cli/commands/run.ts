import type { Models } from '../../compose.ts';
import { SETTINGS } from '../setting-list.ts';
import type { ServeFlags } from '../../config/settings.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { CliContext } from '../context.ts';
import { INTERRUPTED, withSetting } from '../declaration.ts';
import type { Declare } from '../declaration.ts';
import { writeAnswer } from '../ui/report.ts';

type RunFlags = Pick<ServeFlags, 'models' | 'threads' | 'context' | 'engine'>;

/** Declares `portico run`, which prints one answer to a prompt or to the input, or runs a conversation. */
export const declareRun: Declare = (program, context, exit) => {
  const command = program
    .command('run')
    .description('talk to a model in the terminal, without a server')
    .argument('[model]', 'a model or an alias; otherwise the default')
    .argument('[prompt]', 'the prompt; without it, standard input is read');
  const { models, threads, context: tokens, engine } = SETTINGS;
  for (const setting of [models, threads, tokens, engine]) withSetting(command, setting);
  command.action(async (model: string | undefined, prompt: string | undefined, flags: RunFlags) => {
    exit.code = await run(model, prompt, flags, context);
  });
};

async function run(
  model: string | undefined,
  prompt: string | undefined,
  flags: RunFlags,
  context: CliContext,
): Promise<number> {
  const { composeModels } = await import('../../compose.ts');
  const { resolveSettings } = await import('../../config/settings.ts');
  const { readableFiles } = await import('../registry-files.ts');
  const { createLogger } = await import('../ui/logger.ts');
  readableFiles(flags.models, context);
  const settings = resolveSettings(flags, context.environment);
  const models = await composeModels(settings, await createLogger('error', context));
  try {
    const { requested: name } = await models.runtime.resolve(model ?? models.registry.defaultModel);
    const asked = await readPrompt(prompt, context);
    if (asked !== undefined) return await answerOnce(models, name, asked, context);
    const { chat } = await import('../run/chat.ts');
    await chat(models.runtime, name, context);
    return 0;
  } finally {
    await models.close();
  }
}

/** Prompt with the text of standard input; undefined if there is no prompt and the input is a terminal. */
async function readPrompt(
  prompt: string | undefined,
  { stdin }: CliContext,
): Promise<string | undefined> {
  const { text } = await import('node:stream/consumers');
  const input = stdin.isTTY === true ? '' : (await text(stdin)).trim();
  const parts = [prompt ?? '', input].filter((part) => part !== '');
  if (parts.length > 0) return parts.join('\n\n');
  if (stdin.isTTY === true) return undefined;
  throw new RuntimeFailure(
    'invalid-request',
    'There is no prompt: pass one as the second argument, or on standard input.',
  );
}

async function answerOnce(
  { runtime }: Models,
  name: string,
  prompt: string,
  context: CliContext,
): Promise<number> {
  const { answer } = await import('../run/answer.ts');
  const { turnOf } = await import('../run/chat.ts');
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
