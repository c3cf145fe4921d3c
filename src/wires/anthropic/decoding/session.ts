import type { SessionKey } from '../../../core/backend.ts';
import { isRecord } from '../../../core/json.ts';

/** What a client says of itself beside its request. */
export interface Asking {
  /** `metadata.user_id`. */
  readonly userId: string | undefined;
  /** The header `x-claude-code-session-id`. */
  readonly session: string | undefined;
  /** The header `x-claude-code-agent-id`, of subagents. */
  readonly agent: string | undefined;
}

/**
 * Who asks. Claude Code's `user_id` is the JSON of an object: its `device_id` stays when its
 * `session_id` changes, which its header says too.
 */
export function decodeSession({ userId, session, agent }: Asking): SessionKey {
  const told: Told = userId === undefined ? {} : parseUserId(userId);
  const named = { user: told.user, session: session ?? told.session, agent };
  return {
    ...(named.user === undefined ? {} : { user: named.user }),
    ...(named.session === undefined ? {} : { session: named.session }),
    ...(named.agent === undefined ? {} : { agent: named.agent }),
  };
}

interface Told {
  readonly user?: string;
  readonly session?: string | undefined;
}

/** Any other text is the user's name as it is. */
function parseUserId(userId: string): Told {
  const { device_id: device, session_id: session } = parseObject(userId);
  return { user: nonEmpty(device) ?? userId, session: nonEmpty(session) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  if (!text.startsWith('{')) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
