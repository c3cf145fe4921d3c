// child.js as it is, but its model's file becomes a named pipe once it was checked, or once its weights
// are to be loaded. Run by child processes.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { SWAPPED_FILE: file, SWAPPED_AT: at } = process.env;

function swap() {
  if (!fs.existsSync(file)) return;
  fs.renameSync(file, `${file}.away`);
  execFileSync('mkfifo', [file]);
}

if (at === 'check') {
  const { openSync, closeSync } = fs;
  let checked;
  fs.openSync = (path, ...rest) => {
    const opened = openSync(path, ...rest);
    if (path === file) checked = opened;
    return opened;
  };
  fs.closeSync = (opened) => {
    closeSync(opened);
    if (opened === checked) swap();
  };
  syncBuiltinESMExports();
} else if (at === 'load') {
  const send = process.send.bind(process);
  process.send = (message) => {
    if (message.type === 'acquire') swap();
    return send(message);
  };
}

await import('../../dist/backends/local/worker/child.js');
