import { removeModel } from '../../registry/edit.ts';
import type { CliContext } from '../context.ts';
import { readableFiles } from '../registry-files.ts';
import { reportError, say } from '../ui/report.ts';

/** `portico rm`: removes every name that can be removed; 1 where one could not. */
export async function remove(
  names: readonly string[],
  flags: { readonly models?: string },
  context: CliContext,
): Promise<number> {
  const files = readableFiles(flags.models, context.environment);
  let code = 0;
  for (const name of names) {
    try {
      // One after the other: a model can go once the aliases before it on the line are gone.
      const { file } = await removeModel(files, name);
      say(`deleted '${name}'`, context);
      if (file !== undefined) say(`its file stays: ${file}`, context);
    } catch (error) {
      reportError(error, context);
      code = 1;
    }
  }
  return code;
}
