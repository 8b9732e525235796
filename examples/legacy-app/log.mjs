import { closeSync, openSync, writeSync } from "node:fs";

/**
 * Opens the log: lines are appended to `path`, or go to standard output where there is none.
 * `reopen` lets a log rotation take the old file away first.
 */
export function openLog(path) {
  let file = openOrStdout(path);
  return {
    write(line) {
      writeSync(file, `${line}\n`);
    },
    reopen() {
      if (path === undefined) return;
      const previous = file;
      file = openOrStdout(path);
      closeSync(previous);
    },
  };
}

/** Logs a request in the combined log format, with its duration, once its answer has ended. */
export function logRequest(log, request, answer) {
  const startedAt = performance.now();
  answer.once("close", () => {
    const ms = Math.round(performance.now() - startedAt);
    const bytes = answer.getHeader("content-length") ?? "-";
    const status = answer.writableFinished ? answer.statusCode : "aborted";
    const from = request.socket.remoteAddress ?? "-";
    log.write(
      `${from} - - [${new Date().toISOString()}] ${quote(`${request.method} ${request.url} HTTP/${request.httpVersion}`)} ` +
        `${status} ${bytes} ${quote(request.headers["user-agent"] ?? "-")} ${ms}ms`,
    );
  });
}

function quote(text) {
  return `"${text.replaceAll('"', "'")}"`;
}

function openOrStdout(path) {
  return path === undefined ? process.stdout.fd : openSync(path, "a");
}
