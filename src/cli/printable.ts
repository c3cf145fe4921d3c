/**
 * Text with each control character as a visible escape such as `\\u001b`; line breaks and tabs stay.
 * Names and messages of files, servers and models can't change the terminal that they are printed on.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
