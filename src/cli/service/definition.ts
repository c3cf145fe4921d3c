/** Command line that a service runs, with the variables of its environment. */
export interface ServiceProcess {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Service of the user who runs `portico service`, as the system's service manager has it. */
export interface ServiceDefinition {
  /** Absolute path of the file that the service manager reads. */
  readonly file: string;
  readonly text: string;
  /** Program of the service manager. */
  readonly manager: string;
  /** Arguments of the manager, call by call, that start the service and let it start at each login. */
  readonly start: readonly (readonly string[])[];
  /** Arguments that end the service, while the file is there. */
  readonly stop: readonly (readonly string[])[];
  /** Arguments that make the manager forget a file that was removed. */
  readonly forget: readonly (readonly string[])[];
  /** Sentence on logs and on what else the user may want. */
  readonly advice: string;
}

/** Line by which a file is known to be written by `portico service install`. */
export const MARK = 'Written by `portico service install`.';
