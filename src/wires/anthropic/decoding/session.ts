import type { SessionKey } from '../../../core/backend.ts';
import { isRecord } from '../../../core/json.ts';

/** Identity that a client sends with its request. */
export interface ClientIdentity {
  /** `metadata.user_id`. */
  readonly userId: string | undefined;
  /** Header `x-claude-code-session-id`. */
  readonly session: string | undefined;
  /** Header `x-claude-code-agent-id`, sent for subagents. */
  readonly agent: string | undefined;
  /** Header `user-agent`. */
  readonly userAgent?: string | undefined;
}

/** Name at the beginning of a `user-agent`, such as `claude-cli/2.0.0 (external, cli)`. */
const CLIENT_NAME = /^[\w.-]{1,40}(?=[/ ]|$)/;

/**
 * Decodes the session of a request. Claude Code's `user_id` is a JSON object: `device_id` is stable, and
 * `session_id` equals the header.
 */
export function decodeSession(identity: ClientIdentity): SessionKey {
  const { userId, session, agent, userAgent } = identity;
  const fields: UserIdFields = userId === undefined ? {} : parseUserId(userId);
  const client = userAgent === undefined ? undefined : CLIENT_NAME.exec(userAgent)?.[0];
  const named = { user: fields.user, session: session ?? fields.session, agent };
  return {
    ...(named.user === undefined ? {} : { user: named.user }),
    ...(named.session === undefined ? {} : { session: named.session }),
    ...(named.agent === undefined ? {} : { agent: named.agent }),
    ...(client === undefined ? {} : { client }),
  };
}

interface UserIdFields {
  readonly user?: string;
  readonly session?: string | undefined;
}

/** Parses Claude Code's `user_id`. Any other text is the user's name. */
function parseUserId(userId: string): UserIdFields {
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
