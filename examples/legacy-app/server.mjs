import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { readConfig } from "./config.mjs";
import { answerRequest } from "./desk.mjs";
import { logRequest, openLog } from "./log.mjs";
import { echo } from "./websocket.mjs";

// A stand-in for an app that nobody can change: plain HTTP, an INI file, a log file, SIGHUP.

const {
  LEGACY_PORT = "8000",
  LEGACY_HOST,
  LEGACY_CONFIG = fileURLToPath(new URL("legacy.ini", import.meta.url)),
  LEGACY_LOG,
} = process.env;
const GRACE_MS = 2_000;

const log = openLog(LEGACY_LOG || undefined);
const closing = new AbortController();
const conversations = new Set();
const desk = {
  config: readConfig(LEGACY_CONFIG),
  entries: [],
  startedAt: new Date(),
  closing: closing.signal,
};

const server = createServer((request, answer) => {
  logRequest(log, request, answer);
  answerRequest(desk, request, answer).catch((error) => {
    if (!closing.signal.aborted && !answer.destroyed) note(`error: ${error.message}`);
    answer.destroy();
  });
});

server.on("upgrade", (request, socket, head) => {
  note(`upgrade ${request.url} from ${socket.remoteAddress}`);
  if (request.url !== "/ws") {
    socket.on("error", () => socket.destroy());
    socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return;
  }
  const close = echo(request, socket, head);
  if (close === undefined) return;
  conversations.add(close);
  socket.once("close", () => conversations.delete(close));
});

server.on("error", (error) => {
  console.error(`legacy-app: ${error.message}`);
  process.exit(1);
});

server.listen(Number(LEGACY_PORT), LEGACY_HOST, () => {
  console.log(`legacy-app: http://localhost:${server.address().port}, process ${process.pid}`);
  note("started");
});

process.on("SIGHUP", () => {
  log.reopen();
  try {
    desk.config = readConfig(LEGACY_CONFIG);
    note("configuration read again");
  } catch (error) {
    note(`the configuration stays as it was: ${error.message}`);
  }
});

process.once("SIGTERM", stop);
process.once("SIGINT", stop);

function stop(signal) {
  note(`stopping on ${signal}`);
  server.close(() => process.exit(0));
  closing.abort();
  for (const close of conversations) close();
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), GRACE_MS).unref();
}

function note(text) {
  log.write(`[${new Date().toISOString()}] ${text}`);
}
