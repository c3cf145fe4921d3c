/** An option with a value among arguments, as `--name value` or `--name=value`. */
export interface FoundOption {
  readonly value: string;
  /** The arguments without it. */
  readonly others: readonly string[];
}

/** The last of its kind, which is the one that counts; all of them are taken out of the others. */
export function optionOf(args: readonly string[], name: string): FoundOption | undefined {
  let value: string | undefined;
  const others: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === name) {
      value = args[++at] ?? '';
    } else if (arg.startsWith(`${name}=`)) {
      value = arg.slice(name.length + 1);
    } else {
      others.push(arg);
    }
  }
  return value === undefined ? undefined : { value, others };
}
