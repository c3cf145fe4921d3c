import { z } from 'zod';
import { append } from '../../../core/lists.ts';

/** Limit of blocks, names or domains in one list. No client sends as many. */
const MOST_ITEMS = 10_000;

/** List whose items are validated elsewhere, one by one. Without a limit, their number is too. */
export function uncheckedList(most = Infinity) {
  return z
    .custom<readonly unknown[]>(Array.isArray, { error: 'Input should be a valid list' })
    .check(({ value, issues }) => {
      if (!Array.isArray(value) || value.length <= most) return;
      issues.push({ code: 'too_big', origin: 'array', maximum: most, input: value });
    });
}

/**
 * List that is validated up to its first invalid item. zod's own array collects the issues of all items, and
 * checks their number last, which takes minutes for a list of millions.
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

/** Issue in the form that the outer list needs. A finished parse returns issues of another type. */
function firstIssue(item: z.ZodType, value: unknown, index: number): z.core.$ZodRawIssue[] {
  // zod's own interface for schemas that contain others: https://zod.dev/library-authors
  // oxlint-disable-next-line no-underscore-dangle
  const result = item._zod.run({ value, issues: [] }, { async: false });
  if (result instanceof Promise) throw new z.core.$ZodAsyncError();
  return z.core.util.prefixIssues(index, result.issues.slice(0, 1));
}
