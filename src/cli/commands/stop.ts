import { z } from 'zod';
import type { CliContext } from '../context.ts';
import { say, writeJson } from '../ui/report.ts';
import { askServer } from '../running-server.ts';
import type { ServerFlags } from '../running-server.ts';

const answer = z.object({ stopped: z.string() });

/** `portico stop`: has a running server free a model's memory. */
export async function stop(
  model: string,
  flags: ServerFlags & { readonly force?: boolean; readonly json?: boolean },
  context: CliContext,
): Promise<number> {
  const query = flags.force === true ? '?force=true' : '';
  const path = `/portico/models/${encodeURIComponent(model)}/stop${query}`;
  const stopped = await askServer(flags, { method: 'POST', path, answer }, context);
  if (flags.json === true) writeJson(stopped, context);
  else say(`stopped '${model}'`, context);
  return 0;
}
