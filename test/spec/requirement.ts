/** One required behaviour. A test that proves it names its id in a call of `covers`. */
export interface Requirement {
  readonly id: string;
  readonly text: string;
}
