/**
 * Replaces each control character by a visible escape such as `\\u001b`. Line breaks and tabs stay.
 * Names and messages of files, servers and models then can't change the terminal, and can't reorder the
 * text after them by marks for right-to-left text. JSON keeps its meaning.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, escaped);
}

/** Like `printable`, on one line. */
export function printableLine(text: string): string {
  return printable(text.trim().replaceAll(/(?<!\s)\s*\n\s*/g, ' '));
}

/**
 * Prepares a model's answer, or a piece of it, for a terminal: control characters become visible escapes,
 * carriage returns are removed. Marks for right-to-left text stay, because answers may need them.
 */
export function printableAnswer(piece: string): string {
  return piece.replaceAll('\r', '').replaceAll(/(?![\n\t])\p{Cc}/gu, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
