import type { Fixture } from './fixtures.ts';

/** Folder of answers written by hand, of servers that can't run here. */
const HAND_MADE = 'hand-made/';

/**
 * Faults of a fixture. A recording names its server with a version, the date and the command, and
 * contains the request; a hand-made answer says so, and is not among the recordings.
 *
 * @param server pattern of the name and version of its server
 */
export function fixtureFaults(name: string, fixture: Fixture, server: RegExp): readonly string[] {
  const { header, exchanges } = fixture;
  const isHandMade = name.startsWith(HAND_MADE);
  const text = JSON.stringify(exchanges);
  const faults = {
    'was written by hand, but is among the recordings': header.handMade && !isHandMade,
    'is a recording, but is among the answers written by hand': !header.handMade && isHandMade,
    'names no server with its version': !header.handMade && !server.test(header.server),
    'names a server, and was written by hand': header.handMade && header.server !== 'none',
    'has no date': !/^\d{4}-\d\d-\d\d$/.test(header.date),
    'names no command that recorded it':
      !header.handMade && !header.command.includes('PORTICO_RECORD=1'),
    'does not say what it replaces':
      header.handMade && !header.command.startsWith('written by hand: '),
    'has no exchanges': exchanges.length === 0,
    'lacks what was asked, as only what is written by hand may':
      !header.handMade &&
      exchanges.some(({ request }) => request.method === 'POST' && request.body === undefined),
    'has what no recorder writes':
      !header.handMade &&
      exchanges.some(
        ({ response }) => response.brokenOff === true || response.retryAfter !== undefined,
      ),
    'names a folder of the machine it was made on': /\/(home|root|tmp|work|Users)\//.test(text),
  };
  return Object.entries(faults).flatMap(([fault, is]) => (is ? [fault] : []));
}
