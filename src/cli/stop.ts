import type { CliContext } from './context.ts';
import { writeJson } from './report.ts';
import { askServer } from './running-server.ts';
import type { ServerFlags } from './running-server.ts';

/** `portico stop`: has a running server free a model's memory. */
export async function stop(
  model: string,
  flags: ServerFlags & { readonly force?: boolean; readonly json?: boolean },
  context: CliContext,
): Promise<number> {
  const query = flags.force === true ? '?force=true' : '';
  const path = `/portico/models/${encodeURIComponent(model)}/stop${query}`;
  const answer = await askServer(flags, 'POST', path, context);
  if (flags.json === true) writeJson(answer, context);
  else context.stdout.write(`stopped '${model}'\n`);
  return 0;
}
