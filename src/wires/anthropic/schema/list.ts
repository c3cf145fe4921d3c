import { z } from 'zod';
import { append } from '../../../core/lists.ts';

/** Blocks, names, domains: no client has as many in one list. */
const MOST_ITEMS = 10_000;

/** A list whose items are checked elsewhere, one by one; without a limit, their number too. */
export function uncheckedList(most = Infinity) {
  return z
    .custom<readonly unknown[]>(Array.isArray, { error: 'Input should be a valid list' })
    .check(({ value, issues }) => {
      if (!Array.isArray(value) || value.length <= most) return;
      issues.push({ code: 'too_big', origin: 'array', maximum: most, input: value });
    });
}

/**
 * A list that is checked up to its first wrong item. zod's own array collects the issues of all, and
 * counts the items last, which takes minutes for a list of millions.
 */
export function list<Item extends z.ZodType>(item: Item, most = MOST_ITEMS) {
  return uncheckedList(most).transform((items, context) => {
    const checked: z.output<Item>[] = [];
    for (const [index, each] of items.entries()) {
      const result = item.safeParse(each);
      if (!result.success) {
        append(context.issues, firstIssue(item, each, index));
        return z.NEVER;
      }
      checked.push(result.data);
    }
    return checked;
  });
}

/** An issue of the outer list's own: those of a finished parse are of another type. */
function firstIssue(item: z.ZodType, value: unknown, index: number): z.core.$ZodRawIssue[] {
  // zod's own interface for schemas that contain others: https://zod.dev/library-authors
  // oxlint-disable-next-line no-underscore-dangle
  const result = item._zod.run({ value, issues: [] }, { async: false });
  if (result instanceof Promise) throw new z.core.$ZodAsyncError();
  return z.core.util.prefixIssues(index, result.issues.slice(0, 1));
}
