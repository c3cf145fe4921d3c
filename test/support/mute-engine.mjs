// An engine that never finishes its start. Run by child processes.
process.on('disconnect', () => process.exit(0));
setInterval(() => undefined, 1000);
