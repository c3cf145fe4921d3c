/**
 * Imported first by all processes of the tests, which start hundreds of engines. Before each, node-llama-cpp
 * runs a process that tries its addon, which takes a third of a second of CPU time. This module answers in
 * its place: builds for the processor work, others do not. The smoke test of CI and the test of installs run
 * without it.
 */
import childProcess from 'node:child_process';
import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';

const { fork } = childProcess;

/** Child process that speaks as the trial does. */
class Trial extends EventEmitter {
  exitCode = null;

  constructor() {
    super();
    setImmediate(() => this.emit('message', { type: 'ready' }));
  }

  send({ type, gpu }) {
    setImmediate(() => {
      if (type === 'start' && gpu === false) this.emit('message', { type: 'done' });
      else this.#end(type === 'exit' ? 0 : 1);
    });
  }

  kill() {
    return true;
  }

  #end(code) {
    this.exitCode = code;
    this.emit('exit', code);
  }
}

childProcess.fork = (module, ...rest) =>
  /node-llama-cpp.*testBindingBinary\.js$/.test(String(module))
    ? new Trial()
    : fork(module, ...rest);
syncBuiltinESMExports();
