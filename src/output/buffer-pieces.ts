import type { OutputPiece, Reading, Source } from '../formats/shared/reader.ts';

/** Runs a reading, and adds its pieces to a list in place of yielding them. Returns the result of the reading. */
export function* bufferPieces<Result>(
  source: Source,
  reading: Reading<Result>,
  pieces: OutputPiece[],
): Reading<Result> {
  source.keep(true);
  let step = reading.next();
  for (; step.done !== true; step = reading.next()) {
    if (step.value === undefined) yield undefined;
    else pieces.push(step.value);
  }
  source.keep(false);
  return step.value;
}
