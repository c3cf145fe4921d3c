import { RuntimeFailure } from '../../core/failure.ts';
import type { CliContext } from '../context.ts';
import { createAsker } from './ask.ts';
import { declined } from './declined.ts';

/** Flags of a command that asks before it changes something. */
export interface AgreeFlags {
  readonly yes?: boolean;
}

/**
 * Asks for permission, unless `-y` has given it.
 *
 * @throws {invalid-request} without a terminal; {cancelled} if the user declines
 */
export async function agree(
  question: string,
  { yes }: AgreeFlags,
  context: CliContext,
): Promise<void> {
  if (yes === true) return;
  const asker = createAsker(context);
  if (asker === undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      'nothing is changed, because there is no terminal to confirm it; allow it with -y',
    );
  }
  if (!(await asker.confirm(question))) throw declined('changed');
}
