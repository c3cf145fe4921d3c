import { z } from 'zod';

/** Schema of a list in a server's answer. Null entries are left out, so that they do not spoil a good answer. */
export function presentItems<Item extends z.ZodType>(item: Item) {
  return z
    .array(item.nullable())
    .transform((items) => items.filter((one): one is NonNullable<typeof one> => one !== null));
}
