const patienceMs = 500;

/**
 * Ends the process, half a second from now, if something still holds it then that nobody waits for any more: a
 * method that ignores its signal, a peer that neither reads nor closes. Call it when the program's work is done
 * and `process.exitCode` is set.
 */
export function endSoon(): void {
  setTimeout(() => process.exit(), patienceMs).unref();
}
