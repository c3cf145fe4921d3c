/** One thing that must hold. A test proves it by naming its id in square brackets in its title. */
export interface Requirement {
  readonly id: string;
  readonly text: string;
}
