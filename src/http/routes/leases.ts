import type { RequestHandler } from 'express';

/** Routes by which programs keep a server running. */
export interface LeaseRoutes {
  /** Keeps the response open until the lease ends. */
  readonly hold: RequestHandler<{ id: string }>;
  /** Ends a lease, and reports if the server stops with it, and the server's process. */
  readonly end: RequestHandler<{ id: string }>;
}

/**
 * Creates the routes of leases. A lease is a connection, so it also ends if its program is killed.
 *
 * @param closing ends all leases
 * @param unleased called when the last lease has ended; a server that it stops is temporary
 */
export function createLeaseRoutes(closing: AbortSignal, unleased?: () => void): LeaseRoutes {
  const held = new Map<string, () => void>();
  const release = (id: string): void => {
    if (!held.delete(id) || held.size > 0) return;
    unleased?.();
  };
  return {
    hold: (request, response) => {
      const { id } = request.params;
      const end = (): void => void response.end();
      held.set(id, end);
      closing.addEventListener('abort', end, { once: true });
      response.once('close', () => {
        closing.removeEventListener('abort', end);
        release(id);
      });
      response.flushHeaders();
    },
    end: (request, response) => {
      const end = held.get(request.params.id);
      const stops = unleased !== undefined && end !== undefined && held.size === 1;
      response.json({ stops, pid: process.pid });
      end?.();
    },
  };
}
