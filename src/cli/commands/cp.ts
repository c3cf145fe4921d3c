import { copyModel } from '../../registry/edit.ts';
import type { CliContext } from '../context.ts';
import { discoverModels } from '../discovered.ts';
import { editableFiles } from '../registry-files.ts';
import { say } from '../ui/report.ts';

/** `portico cp`: makes an alias, and says how to get the model where it is not here yet. */
export async function copy(
  source: string,
  destination: string,
  flags: { readonly models?: string },
  context: CliContext,
): Promise<number> {
  const files = editableFiles(flags.models, context.environment);
  const { model, pull, replaced } = await copyModel(files, source, destination, (asked) =>
    discoverModels(context, asked),
  );
  const instead = replaced === undefined ? '' : `, which was an alias of '${replaced}' before`;
  say(`copied '${source}' to '${destination}'${instead}`, context);
  if (pull !== undefined) {
    say(
      `'${model.spec.name}' is not downloaded yet (${pull.demand}); get it with:
  ${pull.command}`,
      context,
    );
  }
  return 0;
}
