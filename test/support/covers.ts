/**
 * Names the requirements of test/spec that the tests around the call prove. It does nothing when it runs:
 * test/structure reads the calls.
 */
export function covers(..._ids: readonly string[]): void {}
