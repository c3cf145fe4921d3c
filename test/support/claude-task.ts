import path from 'node:path';
import type { Script } from './scripted-backend.ts';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { ClaudeFolders } from './claude-code.ts';
import { answering, resultsIn, textIn } from './scripted-answers.ts';

/** The task of the end-to-end tests: a model writes a file and reads it back. */
export const FILE_TASK = [
  '-p',
  "Write hello.txt containing 'hello from local', then cat it and reply DONE.",
];
export const FILE_TEXT = 'hello from local\n';

/** File that the task writes. */
export const fileOf = ({ project }: ClaudeFolders): string => path.join(project, 'hello.txt');

/** Plays the model that does the file task, one call an answer. */
export function fileTask(folders: ClaudeFolders): Script {
  return async function* (request) {
    const input = { file_path: fileOf(folders), content: FILE_TEXT };
    const show = { command: 'cat hello.txt', description: 'Shows the file' };
    const answers = [
      ['I write it.', { call: 'Write', input }],
      ['I look at it.', { call: 'Bash', input: show }],
    ] as const;
    yield* answering(...(answers[resultsIn(request).length] ?? ['DONE']));
  };
}

/** Returns true if the client requests a summary of the conversation, to continue from it. */
export function asksForSummary(request: GenerationRequest): boolean {
  return textIn(request).includes('Respond with TEXT ONLY');
}

/** Returns true if the conversation continues from such a summary. */
export function isContinued(request: GenerationRequest): boolean {
  return textIn(request).includes('continued from a previous conversation');
}
