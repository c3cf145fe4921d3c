/**
 * Text with each control character as a visible escape such as `\\u001b`; line breaks and tabs stay.
 * Names and messages of files, servers and models can't change the terminal that they are printed on,
 * nor turn the order of what follows by marks for right-to-left text. JSON keeps its meaning.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, escaped);
}

/** The same as one line. */
export function oneLine(text: string): string {
  return printable(text.trim().replaceAll(/(?<!\s)\s*\n\s*/g, ' '));
}

/**
 * A model's answer for a terminal, whole or in pieces: control characters as visible escapes, carriage
 * returns left out. Marks for right-to-left text stay, since answers are written in such scripts too.
 */
export function printableAnswer(piece: string): string {
  return piece.replaceAll('\r', '').replaceAll(/(?![\n\t])\p{Cc}/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
