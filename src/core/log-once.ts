/** Number of remembered messages; older ones may be logged again. */
const MOST = 1000;

/** Wraps a log function so that it logs each message once. */
export function logOnce(log: (message: string) => void): (message: string) => void {
  const logged = new Set<string>();
  return (message) => {
    if (logged.has(message)) return;
    if (logged.size >= MOST) logged.clear();
    logged.add(message);
    log(message);
  };
}
