/**
 * Extends a JSON pointer in its fragment form, whose root is `#`: https://www.rfc-editor.org/rfc/rfc6901
 *
 * @example pointTo('#/properties', 'a/b') // '#/properties/a~1b'
 */
export function pointTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
