// Reports the settings that its parent has started it with.
const { MALLOC_ARENA_MAX: arenas, UV_THREADPOOL_SIZE: threads } = process.env;
process.send({ arenas, threads, heap: process.execArgv.join(' ') });
process.disconnect();
