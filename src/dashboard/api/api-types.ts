// Generated from the API's OpenAPI document by `npm run generate`.

export type Problem = {
readonly "type": string;
readonly "title": string;
readonly "status": number;
readonly "detail": string;
readonly "instance"?: string;
readonly "code": "bad-request" | "invalid-parameter" | "unauthenticated" | "token-expired" | "role-required" | "origin-refused" | "permission-denied" | "touch-not-allowed" | "mbean-not-allowed" | "signal-not-allowed" | "not-found" | "process-not-found" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "already-traced" | "process-not-traceable" | "not-a-jvm" | "jvm-not-attachable" | "jmx-not-open" | "jvm-refused" | "process-not-signalable" | "conflict" | "precondition-failed" | "body-too-large" | "unsupported-media-type" | "expectation-failed" | "host-refused" | "content-invalid" | "change-rolled-back" | "precondition-required" | "limit-reached" | "header-too-large" | "internal" | "not-supported" | "method-unknown" | "protocol-unknown" | "core-protocol-error" | "core-reset" | "core-unavailable" | "core-busy" | "shutting-down" | "core-timeout" | "check-timeout" | "version-not-supported" | "storage-full";
readonly "requestId": string;
/** The one line that mends it. */ readonly "remedy"?: string;
readonly "errors"?: readonly ({
readonly "pointer": string;
readonly "detail": string;
readonly "line"?: number;
readonly "column"?: number;
})[];
};

/** A call, what becomes of a thread, or a line that is neither. In the order in which they end. */ export type TraceEvent = ({
readonly "type": "call";
/** Seconds since 1970, exact to the microsecond. For a call: when it began. */ readonly "time": number;
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
readonly "call": string;
/** Null where the beginning of the call is missing. */ readonly "args": (readonly (TraceArgument)[] | null);
/** Null where there is none, or where it is beyond 2^53. */ readonly "result": (number | null);
/** As strace wrote it, where that is more than `result`: `3</etc/passwd>`, `0x7f8d2c4b0740`, `?`. */ readonly "resultText": (string | null);
readonly "resultTarget": (DescriptorTarget | null);
readonly "errno": ({
/** `ENOENT` */ readonly "name": string;
readonly "text": string;
} | null);
/** strace's explanation of the result: `Timeout`, `flags FD_CLOEXEC`. */ readonly "decoded": (string | null);
/** strace: exact to the microsecond, and what ptrace adds is in it; tracefs: to the nanosecond. */ readonly "durationNs": (number | null);
/** `resumed`: joined from two lines; `interrupted`: a signal ended its wait; `restarted`: the kernel's continuation of such a call; `unfinished`: its return was not seen; `detached`: it was under way when strace let go; `beginning-missing`: it had begun before. */ readonly "marks": readonly ("resumed" | "interrupted" | "restarted" | "unfinished" | "detached" | "beginning-missing")[];
} | {
readonly "type": "signal";
/** Seconds since 1970, exact to the microsecond. For a call: when it began. */ readonly "time": number;
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
readonly "signal": string;
/** `SI_USER`, `CLD_EXITED`… */ readonly "code": (string | null);
/** Null where no process sent it, and always with tracefs. */ readonly "senderPid": (number | null);
/** The siginfo structure, as strace wrote it; with tracefs the first of its fields only. */ readonly "info": string;
} | {
readonly "type": "stop";
/** Seconds since 1970, exact to the microsecond. For a call: when it began. */ readonly "time": number;
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
readonly "signal": string;
} | {
readonly "type": "exit";
/** Seconds since 1970, exact to the microsecond. For a call: when it began. */ readonly "time": number;
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
readonly "exitCode": number;
} | {
readonly "type": "killed";
/** Seconds since 1970, exact to the microsecond. For a call: when it began. */ readonly "time": number;
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
readonly "signal": string;
readonly "isCoreDumped": boolean;
} | {
readonly "type": "superseded";
/** Seconds since 1970, exact to the microsecond. For a call: when it began. */ readonly "time": number;
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
/** The thread that executes. */ readonly "byTid": number;
} | {
readonly "type": "personality";
readonly "time": (number | null);
/** The thread. */ readonly "tid": number;
/** Its process; null where that could not be told. */ readonly "pid": (number | null);
/** Why `pid` is null. */ readonly "pidReason"?: string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
/** `32 bit` */ readonly "mode": string;
} | {
readonly "type": "unparsed";
readonly "text": string;
/** With `raw=true`: the lines of strace it was made of, one or two. */ readonly "raw"?: readonly (string)[];
});

/** An argument of a call, typed where strace's text is certain. */ export type TraceArgument = ({
readonly "kind": "number";
/** Null beyond 2^53: `text` has it then. */ readonly "value": (number | null);
/** As strace wrote it, where that is not decimal. */ readonly "text"?: string;
} | {
readonly "kind": "string";
readonly "value": string;
/** `bytes`: it is no UTF-8, and each character is one byte. */ readonly "encoding": "utf-8" | "bytes";
/** There was more of it than the limit for strings. */ readonly "isTruncated": boolean;
} | {
readonly "kind": "descriptor";
/** Null for AT_FDCWD, the current folder. */ readonly "fd": (number | null);
readonly "target": DescriptorTarget;
} | {
readonly "kind": "symbols";
/** Constants, joined by `|`. */ readonly "names": readonly (string)[];
} | {
readonly "kind": "unread";
/** A text, a structure or a buffer that the engine does not show. */ readonly "value": null;
readonly "reason": string;
/** The address. */ readonly "text": string;
} | {
readonly "kind": "null";
} | {
readonly "kind": "structure" | "array" | "other";
/** As strace wrote it. */ readonly "text": string;
} | {
readonly "kind": "named";
readonly "name": string;
readonly "value": ({
readonly "kind": "number";
/** Null beyond 2^53: `text` has it then. */ readonly "value": (number | null);
/** As strace wrote it, where that is not decimal. */ readonly "text"?: string;
} | {
readonly "kind": "string";
readonly "value": string;
/** `bytes`: it is no UTF-8, and each character is one byte. */ readonly "encoding": "utf-8" | "bytes";
/** There was more of it than the limit for strings. */ readonly "isTruncated": boolean;
} | {
readonly "kind": "descriptor";
/** Null for AT_FDCWD, the current folder. */ readonly "fd": (number | null);
readonly "target": DescriptorTarget;
} | {
readonly "kind": "symbols";
/** Constants, joined by `|`. */ readonly "names": readonly (string)[];
} | {
readonly "kind": "unread";
/** A text, a structure or a buffer that the engine does not show. */ readonly "value": null;
readonly "reason": string;
/** The address. */ readonly "text": string;
} | {
readonly "kind": "null";
} | {
readonly "kind": "structure" | "array" | "other";
/** As strace wrote it. */ readonly "text": string;
});
});

/** What a descriptor stands for. */ export type DescriptorTarget = ({
readonly "kind": "file";
/** Relative to the root of the process. */ readonly "path": string;
/** It has no name any more. */ readonly "isDeleted": boolean;
/** `char 1:3` */ readonly "device": (string | null);
} | {
readonly "kind": "socket";
/** `TCP`, `UDPv6`, `UNIX-STREAM`…; null where it could not be told. */ readonly "protocol": (string | null);
/** Null where strace has told the addresses instead. */ readonly "inode": (number | null);
/** Its address, or the name of a Unix socket (`@`: an abstract one). Null where it has none yet, or it could not be told: `warnings` say so. */ readonly "local": (string | null);
/** The address of the other end; of a Unix socket its name, or its inode where that is all that is known. */ readonly "peer": (string | null);
} | {
readonly "kind": "other";
/** `pipe:[7]`, as strace wrote it. */ readonly "text": string;
});

export type Trace = {
/** The process that was asked for. */ readonly "process": {
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
};
/** Those below it that were traced with it from the beginning. */ readonly "descendants": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
})[];
/** What has traced. */ readonly "engine": "strace" | "tracefs";
/** How strace was called; empty with tracefs. */ readonly "command": readonly (string)[];
/** What such a trace costs the processes, and which of their calls can return EINTR by it. */ readonly "cost": string;
/** When strace had attached, or the recording had begun. */ readonly "startedAt": string;
/** Calls under way when the trace ended before its last line: what an idle process waits in. */ readonly "pending": readonly (string)[];
/** What strace could not tell here, and what mends it. */ readonly "warnings": readonly (string)[];
readonly "id": string;
/** `recorder`: of the flight recorder, with the last seconds only; `snapshot`: what another had told. */ readonly "kind": "trace" | "recorder" | "snapshot";
/** `failed` by a fault of the sidecar; whatever else ended it, `endReason` says. */ readonly "state": "running" | "ended" | "failed";
readonly "asked": {
/** A pid, the name of a process, or `main`: the app's main process. */ readonly "process"?: (number | string);
/** Whether those that are below the process already are traced with it; those it starts later always are. true, unless `process` is a pid. */ readonly "descendants"?: boolean;
/** At most so many lines; traces.maxLines unless asked for. */ readonly "lines"?: number;
/** In seconds, at most traces.maxDurationMs; that unless asked for. */ readonly "duration"?: number;
/** Calls, or strace's classes of them: a list, or with commas between. */ readonly "syscalls"?: (string | readonly (string)[]);
/** false: only the main thread of a process, and nothing that it starts. true, unless asked for. */ readonly "follow"?: boolean;
/** Only calls that are about these files or folders, as with GET /strace: a list, or with commas between. */ readonly "paths"?: (string | readonly (string)[]);
/** What is told of a descriptor beside its number: nothing, the path of its file, or (the default) the addresses of sockets too, where the sidecar shares the network namespace of the app. */ readonly "decode"?: "none" | "paths" | "all";
/** What traces: `strace` unless asked for otherwise; `tracefs`, for busy apps, where strace.tracefsDir is set: the kernel's own trace events, which hold nothing up, have true durations, and no texts; `auto` takes that where it works, else strace. */ readonly "engine"?: "strace" | "tracefs" | "auto";
/** Only calls that fail, and signals and ends. */ readonly "errors"?: "only";
/** Only calls that took at least so many seconds. */ readonly "minDuration"?: number;
/** Characters of each string, at most strace.maxStringLimit; strace.stringLimit unless asked for. */ readonly "stringLimit"?: number;
/** Whether each event has the lines of strace it was made of. */ readonly "raw"?: boolean;
};
/** Until now, while it runs. */ readonly "durationMs": number;
/** Null while it runs, and of a snapshot. Else as in the answer of GET /strace. */ readonly "endReason": ("lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled" | null);
/** How many lines of strace there were, its remarks among them. */ readonly "lines": number;
/** How many events there were: the cursor after the last of them. */ readonly "events": number;
/** The cursor of the first event that is kept: 0, but where only the last seconds are. */ readonly "firstEvent": number;
readonly "lost": (number | null);
/** How many of the lines could not be read; null while it runs. */ readonly "unparsed": (number | null);
/** What it takes of traces.maxKeptBytes. */ readonly "heldBytes": number;
/** When it is forgotten; earlier where others need its room. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "events": string;
readonly "summary": string;
/** All its events as JSON, one a line, as a file of gzip. */ readonly "ndjson": string;
/** strace's own text, as a file of gzip. */ readonly "strace": string;
/** Trace events for Perfetto and chrome://tracing, as a file of gzip. */ readonly "chrome": string;
/** POST ends the trace, and keeps it. */ readonly "stop": string;
};
};

export type ConfigChange = {
readonly "id": string;
/** `rolled-back`: the app did not take it, and the previous contents are back; `failed`: they could not be put back. */ readonly "state": "running" | "done" | "rolled-back" | "failed";
readonly "kind": "change" | "restore";
readonly "author": (string | null);
readonly "requestId": (string | null);
readonly "reason": (string | null);
readonly "startedAt": string;
readonly "files": readonly ({
readonly "name": string;
/** Null where there was no such file before. */ readonly "oldEtag": (string | null);
readonly "etag": string;
/** In the history; null where none is kept. */ readonly "version": (number | null);
readonly "atomic": boolean;
/** Whether access control lists and extended attributes are those of the old file. */ readonly "attributes": {
readonly "kept": boolean;
readonly "detail"?: string;
};
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
})[];
/** What it has gone through up to now. */ readonly "phases": readonly ({
readonly "name": "reload" | "verify" | "put-back" | "reload-again" | "verify-again";
readonly "startedAt": string;
readonly "endedAt": (string | null);
/** Null while it runs. */ readonly "passed": (boolean | null);
readonly "detail": string;
readonly "reloads": readonly ({
readonly "kind": "none" | "signal" | "http" | "command";
readonly "done": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "pid"?: number;
readonly "startTime"?: string;
readonly "status"?: number;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
readonly "files": readonly (string)[];
})[];
readonly "checks": readonly ({
readonly "kind": "http" | "log" | "process" | "command";
readonly "passed": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "elapsedMs": number;
readonly "attempts": number;
readonly "status"?: number;
/** How the app's answer began. */ readonly "body"?: string;
/** The line of the log that decided. */ readonly "line"?: string;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
readonly "pid"?: number;
readonly "startTime"?: string;
})[];
})[];
/** Until then it is kept; null while it runs. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
};
};

export type LogForwarder = {
/** The `name` that the settings give it, else `to`. */ readonly "destination": string;
readonly "to": "syslog" | "loki" | "otlp";
/** The log. */ readonly "name": string;
readonly "state": "sending" | "failing";
/** Up to where it is taken: `GET /logs/{name}?cursor=` goes on there. */ readonly "cursor": (string | null);
/** What of the file is not taken yet; null where the position is in a file before it. */ readonly "lagBytes": (number | null);
/** How long the oldest line waits that was read and is not taken yet. */ readonly "lagSeconds": number;
/** Taken since the sidecar started. */ readonly "lines": number;
/** Lines that the destination refused for what is in them. */ readonly "setAside": number;
/** How often a rotation took lines away before they could be read. */ readonly "losses": number;
/** Attempts that did not succeed. */ readonly "failures": number;
readonly "lastSentAt": (string | null);
/** What keeps it back. */ readonly "problem"?: {
readonly "detail": string;
readonly "remedy"?: string;
};
};

export type LogLine = {
readonly "type": "line";
readonly "text": string;
/** As the line tells it, or the one before it; null where none is known. */ readonly "time": (string | null);
readonly "level": ("trace" | "debug" | "info" | "warn" | "error" | "fatal" | null);
/** The place after it: `cursor=` goes on there, also after a rotation. */ readonly "cursor": string;
/** It was longer than logs.maxLineBytes. */ readonly "isCut"?: true;
/** It has no end yet: it may be half-written. */ readonly "isOpen"?: true;
/** It is no UTF-8: what can't be shown is U+FFFD. */ readonly "isLossy"?: true;
};

export type DiagnosticsBundle = {
readonly "id": string;
readonly "state": "running" | "ended" | "failed";
readonly "startedAt": string;
/** What has been read up to now. */ readonly "parts": readonly ({
readonly "file": string;
readonly "feature": string;
readonly "isIncluded": boolean;
/** Why it is not included. */ readonly "reason": (string | null);
readonly "remedy"?: string;
readonly "bytes": number;
})[];
/** Of the file; null until it is there. */ readonly "bytes": (number | null);
readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
/** The file: 409 until it is there. */ readonly "bundle": string;
};
};

/** What each route answers, in JSON. */
export interface Answers {
  "GET /": {
readonly "name": "tickbird";
readonly "version": string;
/** Paths that can be read as they are, by name. */ readonly "links": Readonly<Record<string, string>>;
};
  "GET /openapi.json": Readonly<Record<string, unknown>>;
  "POST /session": {
readonly "name": string;
readonly "role": "viewer" | "operator";
};
  "GET /session": {
readonly "name": string;
readonly "role": "viewer" | "operator";
readonly "via": "bearer" | "basic" | "session" | "certificate" | "none";
};
  "GET /livez": {
readonly "status": "pass" | "fail";
};
  "GET /readyz": {
readonly "status": "pass" | "fail";
};
  "GET /health": {
readonly "status": "pass" | "warn" | "fail";
readonly "since": string;
/** What /readyz says. */ readonly "ready": boolean;
readonly "checks": readonly ({
readonly "name": string;
/** null until the check has run often enough to tell. */ readonly "status": ("pass" | "warn" | "fail" | null);
/** When this status began. */ readonly "since": (string | null);
/** What the last run found; it is ahead of `status` by the thresholds. */ readonly "detail": string;
readonly "remedy"?: string;
/** Whether traffic stays away while it fails. */ readonly "affectsReadiness": boolean;
readonly "consecutiveFailures": number;
readonly "lastRunAt": (string | null);
readonly "durationMs": (number | null);
readonly "figures": Readonly<Record<string, (number | string | null)>>;
})[];
};
  "GET /traffic": {
/** Since the start of the sidecar. A process of a cluster that fails takes its last seconds with it. */ readonly "totals": {
/** Those that are over. */ readonly "requests": readonly ({
readonly "method": "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "CONNECT" | "other";
/** `none`: the client had gone before it was told any. */ readonly "status": "none" | "1xx" | "2xx" | "3xx" | "4xx" | "5xx";
readonly "protocol": "1.0" | "1.1" | "2.0";
readonly "count": number;
})[];
/** Requests and upgraded connections that are with the app now. */ readonly "inFlight": number;
readonly "failures": readonly ({
readonly "reason": "client-gone" | "bad-request" | "body-too-large" | "request-timeout" | "core-unavailable" | "core-timeout" | "core-reset" | "core-protocol-error" | "core-busy" | "other";
readonly "side": "client" | "sidecar" | "core";
readonly "count": number;
})[];
readonly "retries": number;
readonly "upgrades": number;
readonly "requestBytes": number;
readonly "responseBytes": number;
/** Of whole requests, upgrades left out; null before the first. */ readonly "meanMs": (number | null);
/** What the app took to the head of its answer. */ readonly "meanResponseMs": (number | null);
};
/** What the app took to the heads of its answers in the last whole second, or with several processes (`cluster`) in the one before; times are at most an eighth too long. */ readonly "lastSecond": {
readonly "count": number;
readonly "meanMs": (number | null);
readonly "p50Ms": (number | null);
readonly "p95Ms": (number | null);
readonly "p99Ms": (number | null);
/** Requests whose answers have not begun now. */ readonly "waiting": number;
};
/** The latest that are over, the newest first. */ readonly "requests": readonly ({
/** X-Request-Id, the client's own where it sent one. */ readonly "id": string;
readonly "method": string;
/** Without the query, which is not kept. At most 336 characters. */ readonly "path": string;
readonly "isPathCut": boolean;
/** The version of HTTP that the client spoke. */ readonly "protocol": string;
/** The client's address. */ readonly "client": string;
/** Of what was upgraded 101, or over HTTP/2 200; null where the client had gone before. */ readonly "status": (number | null);
/** What went wrong where the app's answer did not come whole, and whose fault it was. */ readonly "failure": ({
readonly "reason": "client-gone" | "bad-request" | "body-too-large" | "request-timeout" | "core-unavailable" | "core-timeout" | "core-reset" | "core-protocol-error" | "core-busy" | "other";
readonly "side": "client" | "sidecar" | "core";
} | null);
readonly "startTime": string;
/** When it was with the app, by CLOCK_MONOTONIC; null where it never was. */ readonly "window": ({
readonly "startNs": number;
readonly "endNs": number;
} | null);
/** From the head of the request to the end of the app's answer. */ readonly "durationMs": number;
/** To the head of the answer; null where there was none. */ readonly "firstByteMs": (number | null);
/** The same, by who was waited for; `sidecar`: until there was a connection to the app. */ readonly "waitedMs": {
readonly "client": number;
readonly "sidecar": number;
readonly "core": number;
};
/** Of the body; of an upgraded connection, all to the app. */ readonly "requestBytes": number;
/** Of the body; of an upgraded connection, all from the app. */ readonly "responseBytes": number;
readonly "isUpgraded": boolean;
/** How often it was sent again, on another connection. */ readonly "retries": number;
/** The connection to the app; null where there was none. */ readonly "connection": ({
readonly "localAddress": string;
readonly "localPort": number;
readonly "remoteAddress": string;
readonly "remotePort": number;
} | null);
})[];
};
  "GET /traffic/history": {
readonly "windowSeconds": number;
/** The length of each interval: 1 up to 5 minutes, 10 up to an hour, else 60. */ readonly "stepSeconds": number;
/** The oldest first. Null is what was not known; times are null too where nothing was answered. */ readonly "points": readonly ({
/** Requests that were over. */ readonly "requestsPerSecond": (number | null);
/** The most in any second of the interval. */ readonly "requestsPerSecondMax": (number | null);
/** Of them, those answered with 4xx. */ readonly "clientErrorsPerSecond": (number | null);
/** Of them, those answered with 5xx. */ readonly "serverErrorsPerSecond": (number | null);
/** Those whose answer did not come whole from the app, by anyone's fault. */ readonly "failuresPerSecond": (number | null);
/** The same, by the app's fault. */ readonly "coreFailuresPerSecond": (number | null);
/** The same, by the sidecar's fault. */ readonly "sidecarFailuresPerSecond": (number | null);
/** What the app took to the heads of its answers. */ readonly "meanMs": (number | null);
/** Half of them took no longer; over several seconds, the mean of theirs. */ readonly "p50Ms": (number | null);
/** Of a hundred, 95 took no longer. */ readonly "p95Ms": (number | null);
/** Of a hundred, 99 took no longer. */ readonly "p99Ms": (number | null);
/** The worst second of the interval. */ readonly "p99MsMax": (number | null);
/** Requests and upgraded connections that are with the app. */ readonly "inFlight": (number | null);
/** The most in any second of the interval. */ readonly "inFlightMax": (number | null);
/** Requests whose answers have not begun. */ readonly "waiting": (number | null);
/** When the interval begins. */ readonly "time": string;
})[];
};
  "GET /traffic/{requestId}": {
/** X-Request-Id, the client's own where it sent one. */ readonly "id": string;
readonly "method": string;
/** Without the query, which is not kept. At most 336 characters. */ readonly "path": string;
readonly "isPathCut": boolean;
/** The version of HTTP that the client spoke. */ readonly "protocol": string;
/** The client's address. */ readonly "client": string;
/** Of what was upgraded 101, or over HTTP/2 200; null where the client had gone before. */ readonly "status": (number | null);
/** What went wrong where the app's answer did not come whole, and whose fault it was. */ readonly "failure": ({
readonly "reason": "client-gone" | "bad-request" | "body-too-large" | "request-timeout" | "core-unavailable" | "core-timeout" | "core-reset" | "core-protocol-error" | "core-busy" | "other";
readonly "side": "client" | "sidecar" | "core";
} | null);
readonly "startTime": string;
/** When it was with the app, by CLOCK_MONOTONIC; null where it never was. */ readonly "window": ({
readonly "startNs": number;
readonly "endNs": number;
} | null);
/** From the head of the request to the end of the app's answer. */ readonly "durationMs": number;
/** To the head of the answer; null where there was none. */ readonly "firstByteMs": (number | null);
/** The same, by who was waited for; `sidecar`: until there was a connection to the app. */ readonly "waitedMs": {
readonly "client": number;
readonly "sidecar": number;
readonly "core": number;
};
/** Of the body; of an upgraded connection, all to the app. */ readonly "requestBytes": number;
/** Of the body; of an upgraded connection, all from the app. */ readonly "responseBytes": number;
readonly "isUpgraded": boolean;
/** How often it was sent again, on another connection. */ readonly "retries": number;
/** The connection to the app; null where there was none. */ readonly "connection": ({
readonly "localAddress": string;
readonly "localPort": number;
readonly "remoteAddress": string;
readonly "remotePort": number;
} | null);
};
  "GET /processes": {
/** Whether the app's processes are visible here; null where that can't be told. */ readonly "sharedPidNamespace": (boolean | null);
/** The app's main process; null with `mainReason` where it is not known. */ readonly "main": ({
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "foundBy": string;
} | null);
readonly "mainReason": (string | null);
/** The line that mends it. */ readonly "remedy": (string | null);
/** The interval of `cpuPercent` and `ioRates`, as it was measured. */ readonly "intervalMs": number;
readonly "processes": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name (comm): at most 15 bytes, set by the process itself. */ readonly "name": string;
/** 0 where the parent is outside the shared PID namespace. */ readonly "parentPid": number;
/** The effective user id. */ readonly "uid": (number | null);
/** Its name in the process's own container; null where it has none. */ readonly "user": (string | null);
/** In words: running, sleeping, stopped, zombie… */ readonly "state": string;
/** As ps(1) shows it: R, S, D, T, t, Z, I. */ readonly "stateLetter": string;
/** Secrets are masked. Empty for kernel threads and zombies. */ readonly "commandLine": (readonly (string)[] | null);
/** As the process sees the path. */ readonly "executable": (string | null);
readonly "threads": number;
/** Resident memory. */ readonly "rssBytes": (number | null);
/** User and system time since its start, to 10 ms. */ readonly "cpuTimeNs": number;
/** The average since its start; 100 is one CPU. Not what it uses at this moment. */ readonly "cpuPercentSinceStart": (number | null);
/** Over the interval that was asked for, on all CPUs; 100 is one CPU. To 10 ms of CPU time. */ readonly "cpuPercent": (number | null);
/** How many of its ancestors are visible. */ readonly "depth": number;
/** Whether it is the app's: the main process, one below it, or one in its cgroup. Null where the main process is not known. */ readonly "isCore": (boolean | null);
/** The whole address space. */ readonly "virtualBytes": (number | null);
/** Anonymous memory that is swapped out. */ readonly "swapBytes": (number | null);
/** Each page divided by the processes that share it. In the list only with `pss=true`. */ readonly "pssBytes"?: (number | null);
/** Page faults without I/O, since its start. */ readonly "minorFaults": number;
/** Page faults that waited for I/O, since its start. */ readonly "majorFaults": number;
/** Since its start (proc_pid_io(5)). */ readonly "io": ({
/** From storage; what the page cache had is not in it. */ readonly "readBytes": number;
/** To storage. */ readonly "writeBytes": number;
/** Written, and deleted before it reached storage. */ readonly "cancelledWriteBytes": number;
/** By read(2) and its like: pipes, sockets and the page cache too. */ readonly "readCallBytes": number;
/** By write(2) and its like. */ readonly "writeCallBytes": number;
readonly "readCalls": number;
readonly "writeCalls": number;
} | null);
/** The same by the second, over the interval that was asked for. */ readonly "ioRates": ({
/** From storage. */ readonly "readBytesPerSecond": number;
/** To storage. */ readonly "writeBytesPerSecond": number;
/** By read(2) and its like: pipes, sockets and the page cache too. */ readonly "readCallBytesPerSecond": number;
/** By write(2) and its like. */ readonly "writeCallBytesPerSecond": number;
/** Calls of read(2) and its like. */ readonly "readCallsPerSecond": number;
/** Calls of write(2) and its like. */ readonly "writeCallsPerSecond": number;
} | null);
/** The number of open file descriptors. */ readonly "openFiles": (number | null);
/** The soft limit. */ readonly "openFilesLimit": ((number | "unlimited") | null);
/** Open files by their limit; 1 is all of it. */ readonly "openFilesRatio": (number | null);
/** Context switches of its main thread: the kernel counts for each thread. `/processes/{pid}/threads` has all. */ readonly "mainThreadSwitches": ({
readonly "voluntary": number;
readonly "involuntary": number;
} | null);
/** Whether it is the app's main process. */ readonly "isMain": boolean;
/** Whether it belongs to the sidecar. */ readonly "isSidecar": boolean;
readonly "isKernelThread": boolean;
/** What could not be read, and why. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
})[];
};
  "GET /processes/top": {
readonly "time": string;
/** The interval of `cpuPercent`, `ioRates` and `usedCpus`, as it was measured. */ readonly "intervalMs": number;
/** The machine's load averages (proc_loadavg(5)): tasks that run or wait for a disk. */ readonly "load": {
readonly "1min": number;
readonly "5min": number;
readonly "15min": number;
};
readonly "machineCpus": number;
/** Of the app's cgroup, over the interval. */ readonly "cpu": {
readonly "usedCpus": (number | null);
readonly "limitCpus": (number | null);
/** 1 is all of the limit. */ readonly "usedRatio": (number | null);
};
/** Of the app's cgroup. The working set is what Kubernetes counts. */ readonly "memory": {
readonly "workingSetBytes": (number | null);
readonly "limitBytes": (number | null);
/** 1 is all of the limit. */ readonly "usedRatio": (number | null);
};
/** Of the app's processes; of all where its main one is not known. */ readonly "counts": {
readonly "processes": number;
readonly "threads": number;
readonly "running": number;
readonly "waitingUninterruptibly": number;
};
readonly "mainPid": (number | null);
readonly "mainReason": (string | null);
readonly "remedy": (string | null);
/** How many processes there are to show; `processes` holds the first of them. */ readonly "matching": number;
readonly "processes": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name (comm): at most 15 bytes, set by the process itself. */ readonly "name": string;
/** 0 where the parent is outside the shared PID namespace. */ readonly "parentPid": number;
/** The effective user id. */ readonly "uid": (number | null);
/** Its name in the process's own container; null where it has none. */ readonly "user": (string | null);
/** In words: running, sleeping, stopped, zombie… */ readonly "state": string;
/** As ps(1) shows it: R, S, D, T, t, Z, I. */ readonly "stateLetter": string;
/** Secrets are masked. Empty for kernel threads and zombies. */ readonly "commandLine": (readonly (string)[] | null);
/** As the process sees the path. */ readonly "executable": (string | null);
readonly "threads": number;
/** Resident memory. */ readonly "rssBytes": (number | null);
/** User and system time since its start, to 10 ms. */ readonly "cpuTimeNs": number;
/** The average since its start; 100 is one CPU. Not what it uses at this moment. */ readonly "cpuPercentSinceStart": (number | null);
/** Over the interval that was asked for, on all CPUs; 100 is one CPU. To 10 ms of CPU time. */ readonly "cpuPercent": (number | null);
/** How many of its ancestors are visible. */ readonly "depth": number;
/** Whether it is the app's: the main process, one below it, or one in its cgroup. Null where the main process is not known. */ readonly "isCore": (boolean | null);
/** The whole address space. */ readonly "virtualBytes": (number | null);
/** Anonymous memory that is swapped out. */ readonly "swapBytes": (number | null);
/** Each page divided by the processes that share it. In the list only with `pss=true`. */ readonly "pssBytes"?: (number | null);
/** Page faults without I/O, since its start. */ readonly "minorFaults": number;
/** Page faults that waited for I/O, since its start. */ readonly "majorFaults": number;
/** Since its start (proc_pid_io(5)). */ readonly "io": ({
/** From storage; what the page cache had is not in it. */ readonly "readBytes": number;
/** To storage. */ readonly "writeBytes": number;
/** Written, and deleted before it reached storage. */ readonly "cancelledWriteBytes": number;
/** By read(2) and its like: pipes, sockets and the page cache too. */ readonly "readCallBytes": number;
/** By write(2) and its like. */ readonly "writeCallBytes": number;
readonly "readCalls": number;
readonly "writeCalls": number;
} | null);
/** The same by the second, over the interval that was asked for. */ readonly "ioRates": ({
/** From storage. */ readonly "readBytesPerSecond": number;
/** To storage. */ readonly "writeBytesPerSecond": number;
/** By read(2) and its like: pipes, sockets and the page cache too. */ readonly "readCallBytesPerSecond": number;
/** By write(2) and its like. */ readonly "writeCallBytesPerSecond": number;
/** Calls of read(2) and its like. */ readonly "readCallsPerSecond": number;
/** Calls of write(2) and its like. */ readonly "writeCallsPerSecond": number;
} | null);
/** The number of open file descriptors. */ readonly "openFiles": (number | null);
/** The soft limit. */ readonly "openFilesLimit": ((number | "unlimited") | null);
/** Open files by their limit; 1 is all of it. */ readonly "openFilesRatio": (number | null);
/** Context switches of its main thread: the kernel counts for each thread. `/processes/{pid}/threads` has all. */ readonly "mainThreadSwitches": ({
readonly "voluntary": number;
readonly "involuntary": number;
} | null);
/** Whether it is the app's main process. */ readonly "isMain": boolean;
/** Whether it belongs to the sidecar. */ readonly "isSidecar": boolean;
readonly "isKernelThread": boolean;
/** What could not be read, and why. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
})[];
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
};
  "GET /processes/{pid}": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name (comm): at most 15 bytes, set by the process itself. */ readonly "name": string;
/** 0 where the parent is outside the shared PID namespace. */ readonly "parentPid": number;
/** The effective user id. */ readonly "uid": (number | null);
/** Its name in the process's own container; null where it has none. */ readonly "user": (string | null);
/** In words: running, sleeping, stopped, zombie… */ readonly "state": string;
/** As ps(1) shows it: R, S, D, T, t, Z, I. */ readonly "stateLetter": string;
/** Secrets are masked. Empty for kernel threads and zombies. */ readonly "commandLine": (readonly (string)[] | null);
/** As the process sees the path. */ readonly "executable": (string | null);
readonly "threads": number;
/** Resident memory. */ readonly "rssBytes": (number | null);
/** User and system time since its start, to 10 ms. */ readonly "cpuTimeNs": number;
/** The average since its start; 100 is one CPU. Not what it uses at this moment. */ readonly "cpuPercentSinceStart": (number | null);
/** Over the interval that was asked for, on all CPUs; 100 is one CPU. To 10 ms of CPU time. */ readonly "cpuPercent": (number | null);
/** How many of its ancestors are visible. */ readonly "depth": number;
/** Whether it is the app's: the main process, one below it, or one in its cgroup. Null where the main process is not known. */ readonly "isCore": (boolean | null);
/** The whole address space. */ readonly "virtualBytes": (number | null);
/** Anonymous memory that is swapped out. */ readonly "swapBytes": (number | null);
/** Each page divided by the processes that share it. In the list only with `pss=true`. */ readonly "pssBytes"?: (number | null);
/** Page faults without I/O, since its start. */ readonly "minorFaults": number;
/** Page faults that waited for I/O, since its start. */ readonly "majorFaults": number;
/** Since its start (proc_pid_io(5)). */ readonly "io": ({
/** From storage; what the page cache had is not in it. */ readonly "readBytes": number;
/** To storage. */ readonly "writeBytes": number;
/** Written, and deleted before it reached storage. */ readonly "cancelledWriteBytes": number;
/** By read(2) and its like: pipes, sockets and the page cache too. */ readonly "readCallBytes": number;
/** By write(2) and its like. */ readonly "writeCallBytes": number;
readonly "readCalls": number;
readonly "writeCalls": number;
} | null);
/** The same by the second, over the interval that was asked for. */ readonly "ioRates": ({
/** From storage. */ readonly "readBytesPerSecond": number;
/** To storage. */ readonly "writeBytesPerSecond": number;
/** By read(2) and its like: pipes, sockets and the page cache too. */ readonly "readCallBytesPerSecond": number;
/** By write(2) and its like. */ readonly "writeCallBytesPerSecond": number;
/** Calls of read(2) and its like. */ readonly "readCallsPerSecond": number;
/** Calls of write(2) and its like. */ readonly "writeCallsPerSecond": number;
} | null);
/** The number of open file descriptors. */ readonly "openFiles": (number | null);
/** The soft limit. */ readonly "openFilesLimit": ((number | "unlimited") | null);
/** Open files by their limit; 1 is all of it. */ readonly "openFilesRatio": (number | null);
/** Context switches of its main thread: the kernel counts for each thread. `/processes/{pid}/threads` has all. */ readonly "mainThreadSwitches": ({
readonly "voluntary": number;
readonly "involuntary": number;
} | null);
/** Whether it is the app's main process. */ readonly "isMain": boolean;
/** Whether it belongs to the sidecar. */ readonly "isSidecar": boolean;
readonly "isKernelThread": boolean;
/** What could not be read, and why. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
/** The parent, its parent, and so on, as far as they are visible. */ readonly "ancestors": readonly ({
readonly "pid": number;
readonly "name": string;
})[];
readonly "children": readonly ({
readonly "pid": number;
readonly "name": string;
})[];
/** By kind (namespaces(7)). */ readonly "namespaces": Readonly<Record<string, (string | null)>>;
/** The interval of `cpuPercent` and `ioRates`, as it was measured. */ readonly "intervalMs": number;
/** Who traces it (ptrace). Null for nobody in this PID namespace. */ readonly "tracer": ({
readonly "pid": number;
readonly "name": string;
} | null);
/** Resource limits (getrlimit(2)). */ readonly "limits": (readonly ({
readonly "name": string;
readonly "soft": (number | "unlimited");
readonly "hard": (number | "unlimited");
readonly "unit": (string | null);
})[] | null);
/** Which signals may be sent to it: those that `processes.signals` allows; none where it is not the app's. */ readonly "signals": readonly ("SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGABRT" | "SIGKILL" | "SIGUSR1" | "SIGUSR2" | "SIGTERM" | "SIGCONT" | "SIGSTOP" | "SIGTSTP" | "SIGWINCH")[];
};
  "GET /processes/{pid}/threads": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
/** How many there are; the answer holds the first of them, up to `limit`. */ readonly "total": (number | null);
readonly "intervalMs": number;
readonly "threads": readonly ({
readonly "tid": number;
readonly "name": string;
readonly "startTime": string;
readonly "state": string;
readonly "stateLetter": string;
readonly "cpuTimeNs": number;
/** Over the interval; 100 is one CPU. */ readonly "cpuPercent": number;
/** It gave its CPU up to wait. */ readonly "voluntarySwitches": (number | null);
/** It was taken off its CPU. */ readonly "involuntarySwitches": (number | null);
readonly "nice": number;
readonly "lastCpu": number;
})[];
};
  "GET /processes/{pid}/files": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
/** How many there are; the answer holds the first of them, up to `limit`. */ readonly "total": (number | null);
/** The soft limit of open files. */ readonly "limit": ((number | "unlimited") | null);
readonly "files": (readonly ({
readonly "fd": number;
readonly "kind": "file" | "device" | "socket" | "pipe" | "anonymous" | "other";
/** A path relative to the root of the process, `socket:[inode]`… */ readonly "target": string;
readonly "isDeleted": boolean;
readonly "access": ("read" | "write" | "read-write" | null);
readonly "closesOnExec": (boolean | null);
/** Whether what is written goes to its end (O_APPEND). */ readonly "isAppending": (boolean | null);
readonly "positionBytes": (number | null);
})[] | null);
};
  "GET /processes/{pid}/sockets": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
/** How many there are; the answer holds the first of them, up to `limit`. */ readonly "total": (number | null);
readonly "sockets": (readonly ({
readonly "fd": number;
readonly "inode": string;
readonly "family": ("inet" | "inet6" | "unix" | "netlink" | "packet" | null);
readonly "type": (string | null);
readonly "state": (string | null);
/** `address:port`, or the path of a Unix socket. */ readonly "local": (string | null);
readonly "peer": (string | null);
readonly "sendQueueBytes": (number | null);
readonly "receiveQueueBytes": (number | null);
})[] | null);
};
  "GET /processes/{pid}/limits": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
readonly "limits": (readonly ({
readonly "name": string;
readonly "soft": (number | "unlimited");
readonly "hard": (number | "unlimited");
readonly "unit": (string | null);
/** In the same unit; null where the kernel does not count it. */ readonly "used": (number | null);
})[] | null);
};
  "GET /processes/{pid}/env": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
/** How many there are; the answer holds the first of them, up to `limit`. */ readonly "total": (number | null);
/** As they were when the program was started; what it has changed since is not in it. */ readonly "variables": (readonly ({
readonly "name": string;
readonly "value": string;
readonly "isMasked": boolean;
})[] | null);
};
  "GET /processes/{pid}/maps": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
/** How many there are; the answer holds the first of them, up to `limit`. */ readonly "total": (number | null);
/** Of all mappings together (smaps_rollup). */ readonly "summary": ({
readonly "rssBytes": number;
readonly "pssBytes": number;
readonly "privateBytes": number;
readonly "sharedBytes": number;
readonly "anonymousBytes": number;
readonly "swapBytes": number;
readonly "swapPssBytes": number;
readonly "lockedBytes": number;
} | null);
/** All mappings together. */ readonly "virtualBytes": (number | null);
readonly "mappings": (readonly ({
readonly "start": string;
readonly "end": string;
readonly "bytes": number;
readonly "permissions": string;
readonly "offsetBytes": number;
/** Relative to the root of the process; null for anonymous memory. */ readonly "path": (string | null);
})[] | null);
};
  "GET /processes/{pid}/cgroup": {
/** As the sidecar sees it. */ readonly "pid": number;
/** Exact to a second. With the pid it names one process for good. */ readonly "startTime": string;
readonly "name": string;
readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where one is known. */ readonly "remedy"?: (string | null);
})[];
readonly "version": ("v1" | "v2" | "hybrid" | null);
/** Relative to the sidecar's own cgroup namespace. */ readonly "path": (string | null);
/** Whose mounts show its files. */ readonly "seenThrough": ("core" | "sidecar" | null);
/** Whether the app's main process is in the same one. */ readonly "isOfMain": (boolean | null);
/** One for each hierarchy; 0 is version 2 (cgroups(7)). */ readonly "memberships": (readonly ({
readonly "hierarchy": number;
readonly "controllers": readonly (string)[];
readonly "path": string;
})[] | null);
};
  "POST /processes/{pid}/signals": {
readonly "pid": number;
readonly "startTime": string;
readonly "name": string;
readonly "signal": "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGABRT" | "SIGKILL" | "SIGUSR1" | "SIGUSR2" | "SIGTERM" | "SIGCONT" | "SIGSTOP" | "SIGTSTP" | "SIGWINCH";
/** What the process does with it, by what it has asked the kernel for. */ readonly "effect": "handled" | "ends the process" | "stops the process" | "continues the process";
};
  "GET /resources": {
readonly "time": string;
/** The app's main process, whose cgroup this is; null with `reason` where it is not known. */ readonly "process": ({
readonly "pid": number;
readonly "startTime": string;
readonly "foundBy": string;
} | null);
readonly "reason": (string | null);
/** The line that mends it. */ readonly "remedy": (string | null);
readonly "cgroup": ({
readonly "version": "v1" | "v2" | "hybrid";
/** Relative to the sidecar's own cgroup namespace. */ readonly "path": string;
/** Whose mounts show it; null where none do. */ readonly "seenThrough": ("core" | "sidecar" | null);
} | null);
readonly "cpu": ({
readonly "usageNs": (number | null);
readonly "userNs": (number | null);
readonly "systemNs": (number | null);
/** CPU time in each period, on all CPUs together. */ readonly "quotaNs": ((number | "unlimited") | null);
readonly "periodNs": (number | null);
/** cpu.weight of version 2. */ readonly "weight": (number | null);
/** cpu.shares of version 1. */ readonly "shares": (number | null);
readonly "throttling": {
readonly "periods": (number | null);
readonly "throttledPeriods": (number | null);
readonly "throttledNs": (number | null);
};
/** The lowest of its own limit, those of the cgroups above it as far as they are visible, and the machine's. */ readonly "limitCpus": ({
readonly "value": (number | "unlimited");
/** Where it was set; `machine` where nothing limits it but what the machine has. */ readonly "from": ("cgroup" | "ancestor" | "machine" | null);
} | null);
/** In the last second. */ readonly "usedCpus": (number | null);
/** Used by the effective limit: 1 is at the limit. */ readonly "usedRatio": (number | null);
} | null);
readonly "memory": ({
/** With the page cache. */ readonly "currentBytes": (number | null);
/** Current without inactive file pages, as Kubernetes counts. */ readonly "workingSetBytes": (number | null);
readonly "peakBytes": (number | null);
readonly "anonBytes": (number | null);
/** The page cache, shared memory included. */ readonly "fileBytes": (number | null);
readonly "kernelBytes": (number | null);
readonly "swapBytes": (number | null);
readonly "limitBytes": ((number | "unlimited") | null);
readonly "swapLimitBytes": ((number | "unlimited") | null);
/** The lowest of its own limit, those of the cgroups above it as far as they are visible, and the machine's. */ readonly "effectiveLimitBytes": ({
readonly "value": (number | "unlimited");
/** Where it was set; `machine` where nothing limits it but what the machine has. */ readonly "from": ("cgroup" | "ancestor" | "machine" | null);
} | null);
/** The working set by the effective limit. */ readonly "usedRatio": (number | null);
readonly "events": {
/** Throttled for being above memory.high. */ readonly "high": (number | null);
/** About to go above the limit. */ readonly "max": (number | null);
/** At the limit, and nothing could be freed. */ readonly "oom": (number | null);
/** Processes that the OOM killer ended. */ readonly "oomKill": (number | null);
};
} | null);
readonly "pids": ({
readonly "current": (number | null);
readonly "limit": ((number | "unlimited") | null);
/** The lowest of its own limit, those of the cgroups above it as far as they are visible, and the machine's. */ readonly "effectiveLimit": ({
readonly "value": (number | "unlimited");
/** Where it was set; `machine` where nothing limits it but what the machine has. */ readonly "from": ("cgroup" | "ancestor" | "machine" | null);
} | null);
/** Used by the effective limit: 1 is at the limit. */ readonly "usedRatio": (number | null);
/** Forks that failed for the limit. */ readonly "limitHits": (number | null);
} | null);
/** By block device; what the page cache gives or takes is not counted. */ readonly "io": (readonly ({
/** major:minor */ readonly "device": string;
readonly "name": (string | null);
readonly "readBytes": number;
readonly "writeBytes": number;
readonly "reads": number;
readonly "writes": number;
})[] | null);
readonly "pressure": ({
readonly "cpu": ({
/** `host`: the cgroup's own is not counted; this is the whole machine's. */ readonly "of": "cgroup" | "host";
/** Some tasks stood still. */ readonly "some": ({
readonly "avg10Percent": number;
readonly "avg60Percent": number;
readonly "avg300Percent": number;
readonly "totalNs": number;
} | null);
/** All tasks that had something to do stood still. */ readonly "full": ({
readonly "avg10Percent": number;
readonly "avg60Percent": number;
readonly "avg300Percent": number;
readonly "totalNs": number;
} | null);
} | null);
readonly "memory": ({
/** `host`: the cgroup's own is not counted; this is the whole machine's. */ readonly "of": "cgroup" | "host";
/** Some tasks stood still. */ readonly "some": ({
readonly "avg10Percent": number;
readonly "avg60Percent": number;
readonly "avg300Percent": number;
readonly "totalNs": number;
} | null);
/** All tasks that had something to do stood still. */ readonly "full": ({
readonly "avg10Percent": number;
readonly "avg60Percent": number;
readonly "avg300Percent": number;
readonly "totalNs": number;
} | null);
} | null);
readonly "io": ({
/** `host`: the cgroup's own is not counted; this is the whole machine's. */ readonly "of": "cgroup" | "host";
/** Some tasks stood still. */ readonly "some": ({
readonly "avg10Percent": number;
readonly "avg60Percent": number;
readonly "avg300Percent": number;
readonly "totalNs": number;
} | null);
/** All tasks that had something to do stood still. */ readonly "full": ({
readonly "avg10Percent": number;
readonly "avg60Percent": number;
readonly "avg300Percent": number;
readonly "totalNs": number;
} | null);
} | null);
} | null);
readonly "network": (readonly ({
readonly "name": string;
readonly "receiveBytes": number;
readonly "receivePackets": number;
readonly "receiveErrors": number;
readonly "receiveDrops": number;
readonly "transmitBytes": number;
readonly "transmitPackets": number;
readonly "transmitErrors": number;
readonly "transmitDrops": number;
})[] | null);
readonly "fileSystems": (readonly ({
/** major:minor */ readonly "device": string;
readonly "type": string;
/** As the app sees the paths. */ readonly "mountPoints": readonly (string)[];
readonly "isReadOnly": boolean;
readonly "totalBytes": (number | null);
readonly "usedBytes": (number | null);
/** For who is not root. */ readonly "availableBytes": (number | null);
/** As df(1) counts: 1 is full. */ readonly "usedRatio": (number | null);
readonly "inodes": (number | null);
readonly "freeInodes": (number | null);
/** Why its figures are null. */ readonly "reason": (string | null);
})[] | null);
/** Rates of the last whole second; null before there was one. */ readonly "lastSecond": ({
/** CPU time by time: 1 is one CPU. */ readonly "usedCpus": (number | null);
/** The most in any second of the interval. */ readonly "usedCpusMax": (number | null);
/** The same by the effective limit: 1 is at the limit. */ readonly "cpuRatio": (number | null);
/** The part of the periods in which the quota was used up. */ readonly "throttledRatio": (number | null);
/** With the page cache. */ readonly "memoryBytes": (number | null);
/** Without inactive file pages. */ readonly "workingSetBytes": (number | null);
/** The most in any second of the interval. */ readonly "workingSetBytesMax": (number | null);
/** The working set by the effective limit: 1 is at the limit. */ readonly "memoryRatio": (number | null);
/** Processes and threads. */ readonly "pids": (number | null);
/** From block devices. */ readonly "readBytesPerSecond": (number | null);
/** To block devices. */ readonly "writeBytesPerSecond": (number | null);
/** Over all interfaces but loopback. */ readonly "receiveBytesPerSecond": (number | null);
/** Over all interfaces but loopback. */ readonly "transmitBytesPerSecond": (number | null);
} | null);
/** What could not be read, why, and the line that mends it. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
readonly "remedy": (string | null);
})[];
};
  "GET /resources/history": {
readonly "windowSeconds": number;
/** The length of each interval: 1 up to 5 minutes, 10 up to an hour, else 60. */ readonly "stepSeconds": number;
/** When the figures of a process begin: a second one is a restart of the app. */ readonly "starts": readonly ({
readonly "time": string;
readonly "pid": number;
readonly "startTime": string;
})[];
/** The oldest first. Null is what was not known: the app was gone, or its counters began anew. */ readonly "points": readonly ({
/** CPU time by time: 1 is one CPU. */ readonly "usedCpus": (number | null);
/** The most in any second of the interval. */ readonly "usedCpusMax": (number | null);
/** The same by the effective limit: 1 is at the limit. */ readonly "cpuRatio": (number | null);
/** The part of the periods in which the quota was used up. */ readonly "throttledRatio": (number | null);
/** With the page cache. */ readonly "memoryBytes": (number | null);
/** Without inactive file pages. */ readonly "workingSetBytes": (number | null);
/** The most in any second of the interval. */ readonly "workingSetBytesMax": (number | null);
/** The working set by the effective limit: 1 is at the limit. */ readonly "memoryRatio": (number | null);
/** Processes and threads. */ readonly "pids": (number | null);
/** From block devices. */ readonly "readBytesPerSecond": (number | null);
/** To block devices. */ readonly "writeBytesPerSecond": (number | null);
/** Over all interfaces but loopback. */ readonly "receiveBytesPerSecond": (number | null);
/** Over all interfaces but loopback. */ readonly "transmitBytesPerSecond": (number | null);
/** When the interval begins. */ readonly "time": string;
})[];
};
  "GET /runtime": {
/** Why no process of the app is known. */ readonly "reason": (string | null);
/** The line that mends it. */ readonly "remedy": (string | null);
/** How many further processes there are, which are not told. */ readonly "omitted": number;
/** The main one first. */ readonly "processes": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** Whether it is the app's main process. */ readonly "isMain": boolean;
/** What runs it. `native`: compiled, and none of the others. */ readonly "kind": ("jvm" | "dotnet" | "node" | "python" | "go" | "ruby" | "php" | "native" | null);
/** The virtual machine, of a kind that has several: `HotSpot`, `OpenJ9`, `CoreCLR`, `PyPy`… */ readonly "implementation": (string | null);
/** Of what runs it, not of the app: `17.0.15`, `3.12`. */ readonly "version": (string | null);
/** Where that stands. */ readonly "versionFrom": (string | null);
/** What shows the kind, as a sentence. */ readonly "evidence": (string | null);
readonly "uptimeSeconds": number;
/** CPU time since its start, in all its threads. */ readonly "cpuTimeNs": number;
/** In percent of one CPU. */ readonly "cpuPercentSinceStart": (number | null);
/** Resident memory. */ readonly "rssBytes": (number | null);
readonly "threads": number;
readonly "openFiles": (number | null);
/** Why fields are null. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where there is one. */ readonly "remedy": (string | null);
})[];
})[];
};
  "GET /jvm": {
/** Why no process of the app is known, or can be told to be a JVM. */ readonly "reason": (string | null);
/** The line that mends it. */ readonly "remedy": (string | null);
/** How many further JVMs there are, which are not told. */ readonly "omitted": number;
/** The main one first. */ readonly "jvms": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** Whether it is the app's main process. */ readonly "isMain": boolean;
/** `HotSpot` or `OpenJ9`. */ readonly "implementation": (string | null);
/** The Java version. */ readonly "version": (string | null);
readonly "uptimeSeconds": number;
/** The main class or jar with its arguments, masked. */ readonly "command": (string | null);
readonly "heapUsedBytes": (number | null);
readonly "heapCommittedBytes": (number | null);
readonly "heapMaxBytes": (number | null);
/** Of the wall time since the start, in collections. */ readonly "gcShare": (number | null);
readonly "threads": (number | null);
/** Why fields are null. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where there is one. */ readonly "remedy": (string | null);
})[];
})[];
};
  "GET /jvm/{pid}": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** Whether it is the app's main process. */ readonly "isMain": boolean;
/** `HotSpot` or `OpenJ9`. */ readonly "implementation": (string | null);
/** The Java version. */ readonly "version": (string | null);
readonly "uptimeSeconds": number;
/** Where its performance data was read: in its file, or in its memory where it has none. */ readonly "source": ("file" | "memory" | null);
readonly "figures": ({
readonly "vm": {
readonly "name": (string | null);
readonly "version": (string | null);
readonly "vendor": (string | null);
readonly "javaVersion": (string | null);
/** The Java version as one number: `17`, `1.8`. */ readonly "specification": (string | null);
readonly "mode": (string | null);
readonly "home": (string | null);
};
/** The main class or jar with its arguments, masked. */ readonly "command": (string | null);
/** What the JVM was started with, from its environment too; masked. The JVM keeps about 1000 characters. */ readonly "arguments": (readonly (string)[] | null);
/** What it read from a .hotspotrc. */ readonly "flagsFile": (string | null);
readonly "memory": {
readonly "heap": {
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
readonly "spaces": readonly ({
/** As the JVM's memory pools are called, where that is known. */ readonly "pool": string;
readonly "generation": string;
readonly "space": string;
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
})[];
};
/** What classes take, compressed class space included. */ readonly "metaspace": {
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
};
readonly "compressedClassSpace": {
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
};
};
readonly "gc": {
readonly "policy": (string | null);
/** Why it collects at this moment; null while it does not. */ readonly "running": (string | null);
readonly "lastCause": (string | null);
readonly "count": (number | null);
/** In all collections since the start, as the collectors count it. */ readonly "timeSeconds": (number | null);
/** Of the wall time since the start: 0.05 is 5 %. */ readonly "share": (number | null);
/** CPU time of its threads; told by Java 21 and later. */ readonly "cpuSeconds": (number | null);
readonly "collectors": readonly ({
readonly "name": string;
/** As the JVM's management interface calls it, where that is known. */ readonly "gc": string;
readonly "count": (number | null);
readonly "timeSeconds": (number | null);
readonly "share": (number | null);
})[];
};
readonly "safepoints": {
readonly "count": (number | null);
/** In which all threads of the app stood still. */ readonly "timeSeconds": (number | null);
/** Of that, until all of them stood. */ readonly "syncSeconds": (number | null);
/** Of the wall time since the start. */ readonly "share": (number | null);
};
readonly "threads": {
readonly "live": (number | null);
readonly "daemon": (number | null);
readonly "peak": (number | null);
readonly "started": (number | null);
};
readonly "classes": {
readonly "loaded": (number | null);
readonly "unloaded": (number | null);
};
readonly "compiler": {
readonly "timeSeconds": (number | null);
readonly "compilations": (number | null);
readonly "bailouts": (number | null);
readonly "invalidations": (number | null);
/** Compiled code, as it was compiled: what was thrown away counts too. */ readonly "codeBytes": (number | null);
};
/** False with -XX:+DisableAttachMechanism. */ readonly "canAttach": (boolean | null);
} | null);
/** Why fields are null. */ readonly "unreadable": readonly ({
readonly "field": string;
readonly "reason": string;
/** The line that mends it, where there is one. */ readonly "remedy": (string | null);
})[];
};
  "GET /jvm/{pid}/threads": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "threads": readonly ({
readonly "name": string;
/** Of java.lang.Thread; null for threads of the JVM itself. */ readonly "id": (number | null);
/** The thread id as the JVM sees it. */ readonly "nativeId": (number | null);
readonly "isDaemon": boolean;
readonly "priority": (number | null);
/** Told by Java 11 and later. */ readonly "cpuMs": (number | null);
readonly "elapsedSeconds": (number | null);
/** RUNNABLE, BLOCKED, WAITING, TIMED_WAITING…; null for threads of the JVM itself. */ readonly "state": (string | null);
/** `sleeping`, `parking`, `on object monitor`… */ readonly "stateDetail": (string | null);
/** What the JVM itself says: `waiting for monitor entry`… */ readonly "condition": (string | null);
/** The innermost first. */ readonly "frames": readonly (string)[];
readonly "locks": readonly ({
readonly "action": "locked" | "waiting on" | "waiting to lock" | "parking to wait for" | "eliminated";
/** Of the object; the same for all who name it in one dump. */ readonly "address": (string | null);
readonly "class": (string | null);
/** The number of the frame that it belongs to, from 0. */ readonly "frame": number;
})[];
readonly "ownedSynchronizers": readonly ({
readonly "address": string;
readonly "class": string;
})[];
})[];
/** Each a ring of threads, none of which goes on. */ readonly "deadlocks": readonly (readonly ({
readonly "thread": string;
/** The address of the object, as in `locks`. */ readonly "waitsFor": string;
readonly "class": (string | null);
readonly "heldBy": string;
})[])[];
};
  "GET /jvm/{pid}/flags": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** How many flags this JVM has. */ readonly "total": number;
readonly "flags": readonly ({
readonly "name": string;
readonly "type": string;
/** As the JVM writes it; masked where it looks secret. */ readonly "value": string;
/** `product`, `diagnostic`, `manageable`… */ readonly "kinds": readonly (string)[];
/** Who set it: `default`, `command line`, `ergonomic`… */ readonly "origin": string;
})[];
};
  "GET /jvm/{pid}/properties": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "properties": readonly ({
readonly "name": string;
readonly "value": string;
readonly "isMasked": boolean;
})[];
};
  "GET /jvm/{pid}/heap": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** In the words of its collector. */ readonly "lines": readonly (string)[];
/** As its performance data has it. */ readonly "memory": ({
readonly "heap": {
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
readonly "spaces": readonly ({
/** As the JVM's memory pools are called, where that is known. */ readonly "pool": string;
readonly "generation": string;
readonly "space": string;
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
})[];
};
/** What classes take, compressed class space included. */ readonly "metaspace": {
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
};
readonly "compressedClassSpace": {
readonly "usedBytes": (number | null);
/** Taken from the system. */ readonly "committedBytes": (number | null);
/** What it may grow to. */ readonly "maxBytes": (number | null);
};
} | null);
};
  "GET /jvm/{pid}/commands": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** What its jcmd offers: it differs between versions. */ readonly "commands": readonly (string)[];
};
  "POST /jvm/{pid}/classes": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "live": boolean;
/** How many classes have objects. */ readonly "total": number;
readonly "instances": (number | null);
readonly "bytes": (number | null);
/** The largest first. */ readonly "classes": readonly ({
readonly "class": string;
readonly "module": (string | null);
readonly "instances": number;
readonly "bytes": number;
})[];
};
  "POST /jvm/{pid}/gc": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "durationMs": number;
/** As the JVM had counted it last. */ readonly "heapUsedBytesBefore": (number | null);
readonly "heapUsedBytesAfter": (number | null);
/** How many there were meanwhile; 0 where it refused in silence. */ readonly "collections": (number | null);
};
  "POST /jvm/{pid}/heap-dumps": {
readonly "id": string;
readonly "jvm": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
};
readonly "state": "running" | "ended" | "failed";
/** Why it has failed, or is not all that was asked for. */ readonly "reason": (string | null);
readonly "startedAt": string;
/** Written into the file up to now. */ readonly "bytes": number;
/** When it is removed; null while it is made. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "file": string;
};
readonly "live": boolean;
};
  "GET /heap-dumps": {
readonly "heapDumps": readonly ({
readonly "id": string;
readonly "jvm": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
};
readonly "state": "running" | "ended" | "failed";
/** Why it has failed, or is not all that was asked for. */ readonly "reason": (string | null);
readonly "startedAt": string;
/** Written into the file up to now. */ readonly "bytes": number;
/** When it is removed; null while it is made. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "file": string;
};
readonly "live": boolean;
})[];
};
  "GET /heap-dumps/{id}": {
readonly "id": string;
readonly "jvm": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
};
readonly "state": "running" | "ended" | "failed";
/** Why it has failed, or is not all that was asked for. */ readonly "reason": (string | null);
readonly "startedAt": string;
/** Written into the file up to now. */ readonly "bytes": number;
/** When it is removed; null while it is made. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "file": string;
};
readonly "live": boolean;
};
  "POST /jvm/{pid}/recordings": {
readonly "id": string;
readonly "jvm": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
};
readonly "state": "running" | "ended" | "failed";
/** Why it has failed, or is not all that was asked for. */ readonly "reason": (string | null);
readonly "startedAt": string;
/** Written into the file up to now. */ readonly "bytes": number;
/** When it is removed; null while it is made. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "file": string;
};
readonly "durationSeconds": number;
readonly "settings": string;
readonly "maxBytes": number;
/** How much of the time is over: 1 at its end. */ readonly "progress": number;
};
  "GET /recordings": {
readonly "recordings": readonly ({
readonly "id": string;
readonly "jvm": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
};
readonly "state": "running" | "ended" | "failed";
/** Why it has failed, or is not all that was asked for. */ readonly "reason": (string | null);
readonly "startedAt": string;
/** Written into the file up to now. */ readonly "bytes": number;
/** When it is removed; null while it is made. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "file": string;
};
readonly "durationSeconds": number;
readonly "settings": string;
readonly "maxBytes": number;
/** How much of the time is over: 1 at its end. */ readonly "progress": number;
})[];
};
  "GET /recordings/{id}": {
readonly "id": string;
readonly "jvm": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
};
readonly "state": "running" | "ended" | "failed";
/** Why it has failed, or is not all that was asked for. */ readonly "reason": (string | null);
readonly "startedAt": string;
/** Written into the file up to now. */ readonly "bytes": number;
/** When it is removed; null while it is made. */ readonly "expiresAt": (string | null);
readonly "links": {
readonly "self": string;
readonly "file": string;
};
readonly "durationSeconds": number;
readonly "settings": string;
readonly "maxBytes": number;
/** How much of the time is over: 1 at its end. */ readonly "progress": number;
};
  "GET /jvm/{pid}/mbeans": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
/** How many names match. */ readonly "total": number;
/** By their names. */ readonly "mbeans": readonly ({
readonly "mbean": string;
readonly "path": string;
})[];
/** The `cursor` for the names after these; null: there are none. */ readonly "next": (string | null);
};
  "GET /jvm/{pid}/mbeans/{mbean}": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "mbean": string;
readonly "className": string;
readonly "description": string;
readonly "attributes": readonly ({
readonly "name": string;
/** As Java names it. */ readonly "type": string;
readonly "description": string;
readonly "isReadable": boolean;
readonly "isWritable": boolean;
/** As JSON: open types as objects and arrays, integers with all their digits, texts that look secret masked. */ readonly "value": unknown;
/** Why `value` is null though the attribute may not be. */ readonly "reason": (string | null);
})[];
readonly "operations": readonly ({
readonly "name": string;
readonly "description": string;
readonly "returnType": string;
readonly "impact": "info" | "action" | "action-info" | "unknown";
readonly "parameters": readonly ({
readonly "name": string;
readonly "type": string;
readonly "description": string;
})[];
})[];
readonly "notifications": readonly ({
readonly "name": string;
readonly "description": string;
readonly "types": readonly (string)[];
})[];
};
  "GET /jvm/{pid}/mbeans/{mbean}/attributes/{attribute}": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "mbean": string;
readonly "attribute": string;
/** As JSON: open types as objects and arrays, integers with all their digits, texts that look secret masked. */ readonly "value": unknown;
};
  "PUT /jvm/{pid}/mbeans/{mbean}/attributes/{attribute}": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "mbean": string;
readonly "attribute": string;
/** As JSON: open types as objects and arrays, integers with all their digits, texts that look secret masked. */ readonly "value": unknown;
};
  "POST /jvm/{pid}/mbeans/{mbean}/operations/{operation}": {
/** As the sidecar sees it. */ readonly "pid": number;
/** ISO 8601. With the pid it names one process for good. */ readonly "startTime": string;
/** The kernel's short name. */ readonly "name": string;
readonly "mbean": string;
readonly "operation": string;
/** As JSON: open types as objects and arrays, integers with all their digits, texts that look secret masked. */ readonly "result": unknown;
};
  "GET /jolokia": unknown;
  "POST /jolokia": unknown;
  "GET /jolokia/{path}": unknown;
  "POST /jolokia/{path}": unknown;
  "GET /jvm/{pid}/jolokia": unknown;
  "POST /jvm/{pid}/jolokia": unknown;
  "GET /jvm/{pid}/jolokia/{path}": unknown;
  "POST /jvm/{pid}/jolokia/{path}": unknown;
  "GET /strace": {
/** The process that was asked for. */ readonly "process": {
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
};
/** Those below it that were traced with it from the beginning. */ readonly "descendants": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
})[];
/** What has traced. */ readonly "engine": "strace" | "tracefs";
/** How strace was called; empty with tracefs. */ readonly "command": readonly (string)[];
/** What such a trace costs the processes, and which of their calls can return EINTR by it. */ readonly "cost": string;
/** When strace had attached, or the recording had begun. */ readonly "startedAt": string;
readonly "durationMs": number;
/** `lines`: all that were asked for have come. Else what came before. What was ended to spare the app: `core-frozen` (strace stood still while the app waited for it), `storage-full`, `sidecar-throttled` (by its CPU quota), `core-throttled` (the app, by its own), `core-slow` (its answers), `cpu-budget`, `governor-failed`; `warnings` says more. */ readonly "endReason": "lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled";
readonly "linesAsked": number;
/** strace's own: the thread, the time in seconds since 1970, the call, its result and its duration in seconds. Sockets are told by their inode: `events` have the addresses. */ readonly "lines": readonly (string)[];
/** The same, read: one event for each line, or for the two halves of a call. */ readonly "events": readonly (TraceEvent)[];
/** How many of the lines could not be read, and are events `unparsed`. */ readonly "unparsed": number;
/** Events of the kernel, two for each call, that came faster than they were read: with tracefs only. */ readonly "lost": number;
/** Calls under way when the trace ended before its last line: what an idle process waits in. */ readonly "pending": readonly (string)[];
/** What strace could not tell here, and what mends it. */ readonly "warnings": readonly (string)[];
};
  "GET /strace/{pid}": {
/** The process that was asked for. */ readonly "process": {
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
};
/** Those below it that were traced with it from the beginning. */ readonly "descendants": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
})[];
/** What has traced. */ readonly "engine": "strace" | "tracefs";
/** How strace was called; empty with tracefs. */ readonly "command": readonly (string)[];
/** What such a trace costs the processes, and which of their calls can return EINTR by it. */ readonly "cost": string;
/** When strace had attached, or the recording had begun. */ readonly "startedAt": string;
readonly "durationMs": number;
/** `lines`: all that were asked for have come. Else what came before. What was ended to spare the app: `core-frozen` (strace stood still while the app waited for it), `storage-full`, `sidecar-throttled` (by its CPU quota), `core-throttled` (the app, by its own), `core-slow` (its answers), `cpu-budget`, `governor-failed`; `warnings` says more. */ readonly "endReason": "lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled";
readonly "linesAsked": number;
/** strace's own: the thread, the time in seconds since 1970, the call, its result and its duration in seconds. Sockets are told by their inode: `events` have the addresses. */ readonly "lines": readonly (string)[];
/** The same, read: one event for each line, or for the two halves of a call. */ readonly "events": readonly (TraceEvent)[];
/** How many of the lines could not be read, and are events `unparsed`. */ readonly "unparsed": number;
/** Events of the kernel, two for each call, that came faster than they were read: with tracefs only. */ readonly "lost": number;
/** Calls under way when the trace ended before its last line: what an idle process waits in. */ readonly "pending": readonly (string)[];
/** What strace could not tell here, and what mends it. */ readonly "warnings": readonly (string)[];
};
  "GET /strace/{pid}/summary": {
/** The process that was asked for. */ readonly "process": {
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
};
/** Those below it that were traced with it from the beginning. */ readonly "descendants": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
})[];
/** What has traced. */ readonly "engine": "strace" | "tracefs";
/** How strace was called; empty with tracefs. */ readonly "command": readonly (string)[];
/** What such a trace costs the processes, and which of their calls can return EINTR by it. */ readonly "cost": string;
/** When strace had attached, or the recording had begun. */ readonly "startedAt": string;
readonly "durationMs": number;
/** `lines`: all that were asked for have come. Else what came before. What was ended to spare the app: `core-frozen` (strace stood still while the app waited for it), `storage-full`, `sidecar-throttled` (by its CPU quota), `core-throttled` (the app, by its own), `core-slow` (its answers), `cpu-budget`, `governor-failed`; `warnings` says more. */ readonly "endReason": "lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled";
/** How many of the lines could not be read, and are events `unparsed`. */ readonly "unparsed": number;
/** Events of the kernel, two for each call, that came faster than they were read: with tracefs only. */ readonly "lost": number;
/** What strace could not tell here, and what mends it. */ readonly "warnings": readonly (string)[];
/** How many lines of strace, or events, it was made of. */ readonly "lines": number;
readonly "callCount": number;
readonly "callsPerSecond": number;
/** By the time in them. */ readonly "calls": readonly ({
/** `(other)` for those beyond 512 names. */ readonly "call": string;
readonly "count": number;
readonly "perSecond": number;
/** How often it failed, by error. */ readonly "errors": Readonly<Record<string, number>>;
/** The time in it, of all threads together; what ptrace adds is in it. */ readonly "totalNs": number;
/** Half of the calls stayed within it. This and the next two are at most 7 % too long. */ readonly "p50Ns": number;
readonly "p95Ns": number;
readonly "p99Ns": number;
readonly "maxNs": number;
})[];
/** The ten that took longest. */ readonly "slowest": readonly (TraceEvent)[];
/** The twenty files that most calls were about, by the paths that the app sees. */ readonly "files": readonly ({
readonly "path": string;
readonly "count": number;
/** By how much `count` may be too high: 0 where there were no more than 512 different ones. */ readonly "overcount": number;
readonly "totalNs": number;
})[];
/** The twenty most called other ends of sockets. */ readonly "peers": readonly ({
/** `TCP 10.0.0.7:5432` */ readonly "peer": string;
readonly "count": number;
/** By how much `count` may be too high: 0 where there were no more than 512 different ones. */ readonly "overcount": number;
readonly "totalNs": number;
})[];
/** The twenty processes that made most calls. */ readonly "processes": readonly ({
readonly "pid": number;
/** The kernel's short name (comm); null where it was gone too soon. */ readonly "name": (string | null);
readonly "count": number;
/** By how much `count` may be too high: 0 where there were no more than 512 different ones. */ readonly "overcount": number;
readonly "totalNs": number;
})[];
};
  "GET /strace/{pid}/{lines}": {
/** The process that was asked for. */ readonly "process": {
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
};
/** Those below it that were traced with it from the beginning. */ readonly "descendants": readonly ({
/** As the sidecar sees it. */ readonly "pid": number;
readonly "startTime": string;
/** The kernel's short name (comm). */ readonly "name": string;
})[];
/** What has traced. */ readonly "engine": "strace" | "tracefs";
/** How strace was called; empty with tracefs. */ readonly "command": readonly (string)[];
/** What such a trace costs the processes, and which of their calls can return EINTR by it. */ readonly "cost": string;
/** When strace had attached, or the recording had begun. */ readonly "startedAt": string;
readonly "durationMs": number;
/** `lines`: all that were asked for have come. Else what came before. What was ended to spare the app: `core-frozen` (strace stood still while the app waited for it), `storage-full`, `sidecar-throttled` (by its CPU quota), `core-throttled` (the app, by its own), `core-slow` (its answers), `cpu-budget`, `governor-failed`; `warnings` says more. */ readonly "endReason": "lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled";
readonly "linesAsked": number;
/** strace's own: the thread, the time in seconds since 1970, the call, its result and its duration in seconds. Sockets are told by their inode: `events` have the addresses. */ readonly "lines": readonly (string)[];
/** The same, read: one event for each line, or for the two halves of a call. */ readonly "events": readonly (TraceEvent)[];
/** How many of the lines could not be read, and are events `unparsed`. */ readonly "unparsed": number;
/** Events of the kernel, two for each call, that came faster than they were read: with tracefs only. */ readonly "lost": number;
/** Calls under way when the trace ended before its last line: what an idle process waits in. */ readonly "pending": readonly (string)[];
/** What strace could not tell here, and what mends it. */ readonly "warnings": readonly (string)[];
};
  "POST /traces": Trace;
  "GET /traces": {
/** The newest first. */ readonly "traces": readonly (Trace)[];
readonly "heldBytes": number;
readonly "maxHeldBytes": number;
};
  "GET /traces/{id}": Trace;
  "POST /traces/{id}/stop": Trace;
  "POST /traces/{id}/snapshot": Trace;
  "GET /traces/{id}/events": ({
readonly "id": string;
/** `failed` by a fault of the sidecar; whatever else ended it, `endReason` says. */ readonly "state": "running" | "ended" | "failed";
/** Null while it runs, and of a snapshot. Else as in the answer of GET /strace. */ readonly "endReason": ("lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled" | null);
readonly "events": readonly (TraceEvent)[];
/** The `cursor` for the events after these. */ readonly "next": number;
/** How many events are left out since they are no longer kept: 0, but of the flight recorder. */ readonly "dropped": number;
/** Whether no further events are there, and none will come. */ readonly "isComplete": boolean;
} | {
readonly "id": string;
/** `failed` by a fault of the sidecar; whatever else ended it, `endReason` says. */ readonly "state": "running" | "ended" | "failed";
/** Null while it runs, and of a snapshot. Else as in the answer of GET /strace. */ readonly "endReason": ("lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled" | null);
/** How many events are left out since they are no longer kept: 0, but of the flight recorder. */ readonly "dropped": number;
/** As GET /traffic tells it. */ readonly "request": {
readonly "id": string;
readonly "method": string;
readonly "path": string;
readonly "status": (number | null);
readonly "startTime": string;
readonly "durationMs": number;
};
/** In their order. */ readonly "events": readonly ((TraceEvent & {
/** `connection`: on a descriptor of the connection that the request came on; `same-thread`: by a thread that works on it, between the read of the request and the last write of the answer. */ readonly "touches": "connection" | "same-thread";
}))[];
});
  "GET /traces/{id}/summary": {
readonly "id": string;
/** `failed` by a fault of the sidecar; whatever else ended it, `endReason` says. */ readonly "state": "running" | "ended" | "failed";
readonly "durationMs": number;
/** Null while it runs, and of a snapshot. Else as in the answer of GET /strace. */ readonly "endReason": ("lines" | "process-exited" | "stopped" | "client-gone" | "tracer-failed" | "core-frozen" | "storage-full" | "byte-limit" | "time-limit" | "sidecar-throttled" | "cpu-budget" | "governor-failed" | "core-slow" | "core-throttled" | null);
readonly "callCount": number;
readonly "callsPerSecond": number;
/** By the time in them. */ readonly "calls": readonly ({
/** `(other)` for those beyond 512 names. */ readonly "call": string;
readonly "count": number;
readonly "perSecond": number;
/** How often it failed, by error. */ readonly "errors": Readonly<Record<string, number>>;
/** The time in it, of all threads together; what ptrace adds is in it. */ readonly "totalNs": number;
/** Half of the calls stayed within it. This and the next two are at most 7 % too long. */ readonly "p50Ns": number;
readonly "p95Ns": number;
readonly "p99Ns": number;
readonly "maxNs": number;
})[];
/** The ten that took longest. */ readonly "slowest": readonly (TraceEvent)[];
/** The twenty files that most calls were about, by the paths that the app sees. */ readonly "files": readonly ({
readonly "path": string;
readonly "count": number;
/** By how much `count` may be too high: 0 where there were no more than 512 different ones. */ readonly "overcount": number;
readonly "totalNs": number;
})[];
/** The twenty most called other ends of sockets. */ readonly "peers": readonly ({
/** `TCP 10.0.0.7:5432` */ readonly "peer": string;
readonly "count": number;
/** By how much `count` may be too high: 0 where there were no more than 512 different ones. */ readonly "overcount": number;
readonly "totalNs": number;
})[];
/** The twenty processes that made most calls. */ readonly "processes": readonly ({
readonly "pid": number;
/** The kernel's short name (comm); null where it was gone too soon. */ readonly "name": (string | null);
readonly "count": number;
/** By how much `count` may be too high: 0 where there were no more than 512 different ones. */ readonly "overcount": number;
readonly "totalNs": number;
})[];
};
  "GET /config": {
readonly "files": readonly ({
readonly "name": string;
readonly "path": string;
readonly "format": string;
readonly "sizeBytes": (number | null);
readonly "modifiedAt": (string | null);
readonly "etag": (string | null);
/** Octal. */ readonly "mode": (string | null);
readonly "uid": (number | null);
readonly "gid": (number | null);
readonly "readable": boolean;
readonly "writable": boolean;
/** Whether there is no such file, and `PUT` with `If-None-Match: *` can create it. */ readonly "creatable": boolean;
/** Whether a change replaces the file at once. False where the file itself is a mount. */ readonly "atomic": (boolean | null);
/** What makes the app read the file again, as the settings say: `kind` is `none`, `signal`, `http` or `command`. */ readonly "reload": Readonly<Record<string, unknown>>;
/** What shows that the app took a change, as the settings say. */ readonly "verify": readonly (Readonly<Record<string, unknown>>)[];
/** Why it can't be read or written. */ readonly "problem"?: {
readonly "detail": string;
readonly "remedy"?: string;
};
})[];
};
  "GET /config/{name}": {
readonly "name": string;
readonly "path": string;
/** Where only this part of the tree is answered. */ readonly "pointer"?: string;
readonly "format": string;
/** Of the real bytes, whatever is masked in this answer. */ readonly "etag": string;
/** Null where the bytes are no text. */ readonly "encoding": (string | null);
/** The text; of a part, the scalar or JSON. Null where it can't be shown; `contentReason` says why. */ readonly "content": (string | null);
readonly "contentReason"?: string;
/** The tree, or the part of it. Null for plain text, and where `parseError` says why. */ readonly "parsed": unknown;
readonly "parseError"?: {
readonly "line": number;
readonly "column": number;
readonly "detail": string;
readonly "remedy"?: string;
};
/** How many secrets are masked; null where they are shown, or all of the content is held back. */ readonly "maskedValues": (number | null);
};
  "PUT /config/{name}": ({
readonly "name": string;
/** Of the content that is there now. */ readonly "etag": string;
/** False where the content was the same: then nothing is written. */ readonly "changed": boolean;
/** Null where nothing was written. */ readonly "atomic": (boolean | null);
/** Whether access control lists and extended attributes are those of the old file. */ readonly "attributes": ({
readonly "kept": boolean;
readonly "detail"?: string;
} | null);
/** In the history; null where none was made, or none is kept. */ readonly "version": (number | null);
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
readonly "reload": {
readonly "kind": "none" | "signal" | "http" | "command";
readonly "done": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "pid"?: number;
readonly "startTime"?: string;
readonly "status"?: number;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
};
/** Null where no verification is configured. */ readonly "verified": (boolean | null);
/** The path of the change. Null where nothing was written. */ readonly "change": (string | null);
} | {
readonly "dryRun": true;
readonly "files": readonly ({
readonly "name": string;
/** Null where there is no such file yet. */ readonly "oldEtag": (string | null);
/** Of the content that would be there. */ readonly "etag": string;
readonly "changed": boolean;
/** False where the file itself is a mount. */ readonly "atomic": boolean;
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
/** As `diff -u` writes it, with secrets masked. */ readonly "diff": (string | null);
/** Why there is no diff. */ readonly "reason"?: string;
/** Whether it differs only where secrets are masked. */ readonly "isSecretChanged": boolean;
})[];
}) | {
readonly "name": string;
/** Of the content that is there now. */ readonly "etag": string;
/** False where the content was the same: then nothing is written. */ readonly "changed": boolean;
/** Null where nothing was written. */ readonly "atomic": (boolean | null);
/** Whether access control lists and extended attributes are those of the old file. */ readonly "attributes": ({
readonly "kept": boolean;
readonly "detail"?: string;
} | null);
/** In the history; null where none was made, or none is kept. */ readonly "version": (number | null);
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
readonly "reload": {
readonly "kind": "none" | "signal" | "http" | "command";
readonly "done": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "pid"?: number;
readonly "startTime"?: string;
readonly "status"?: number;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
};
/** Null where no verification is configured. */ readonly "verified": (boolean | null);
/** The path of the change. Null where nothing was written. */ readonly "change": (string | null);
} | ConfigChange;
  "PATCH /config/{name}": ({
readonly "name": string;
/** Of the content that is there now. */ readonly "etag": string;
/** False where the content was the same: then nothing is written. */ readonly "changed": boolean;
/** Null where nothing was written. */ readonly "atomic": (boolean | null);
/** Whether access control lists and extended attributes are those of the old file. */ readonly "attributes": ({
readonly "kept": boolean;
readonly "detail"?: string;
} | null);
/** In the history; null where none was made, or none is kept. */ readonly "version": (number | null);
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
readonly "reload": {
readonly "kind": "none" | "signal" | "http" | "command";
readonly "done": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "pid"?: number;
readonly "startTime"?: string;
readonly "status"?: number;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
};
/** Null where no verification is configured. */ readonly "verified": (boolean | null);
/** The path of the change. Null where nothing was written. */ readonly "change": (string | null);
} | {
readonly "dryRun": true;
readonly "files": readonly ({
readonly "name": string;
/** Null where there is no such file yet. */ readonly "oldEtag": (string | null);
/** Of the content that would be there. */ readonly "etag": string;
readonly "changed": boolean;
/** False where the file itself is a mount. */ readonly "atomic": boolean;
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
/** As `diff -u` writes it, with secrets masked. */ readonly "diff": (string | null);
/** Why there is no diff. */ readonly "reason"?: string;
/** Whether it differs only where secrets are masked. */ readonly "isSecretChanged": boolean;
})[];
}) | ConfigChange;
  "DELETE /config/{name}": ({
readonly "name": string;
/** Of the content that is there now. */ readonly "etag": string;
/** False where the content was the same: then nothing is written. */ readonly "changed": boolean;
/** Null where nothing was written. */ readonly "atomic": (boolean | null);
/** Whether access control lists and extended attributes are those of the old file. */ readonly "attributes": ({
readonly "kept": boolean;
readonly "detail"?: string;
} | null);
/** In the history; null where none was made, or none is kept. */ readonly "version": (number | null);
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
readonly "reload": {
readonly "kind": "none" | "signal" | "http" | "command";
readonly "done": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "pid"?: number;
readonly "startTime"?: string;
readonly "status"?: number;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
};
/** Null where no verification is configured. */ readonly "verified": (boolean | null);
/** The path of the change. Null where nothing was written. */ readonly "change": (string | null);
} | {
readonly "dryRun": true;
readonly "files": readonly ({
readonly "name": string;
/** Null where there is no such file yet. */ readonly "oldEtag": (string | null);
/** Of the content that would be there. */ readonly "etag": string;
readonly "changed": boolean;
/** False where the file itself is a mount. */ readonly "atomic": boolean;
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
/** As `diff -u` writes it, with secrets masked. */ readonly "diff": (string | null);
/** Why there is no diff. */ readonly "reason"?: string;
/** Whether it differs only where secrets are masked. */ readonly "isSecretChanged": boolean;
})[];
}) | ConfigChange;
  "POST /config/{name}/versions/{version}/restore": ({
readonly "name": string;
/** Of the content that is there now. */ readonly "etag": string;
/** False where the content was the same: then nothing is written. */ readonly "changed": boolean;
/** Null where nothing was written. */ readonly "atomic": (boolean | null);
/** Whether access control lists and extended attributes are those of the old file. */ readonly "attributes": ({
readonly "kept": boolean;
readonly "detail"?: string;
} | null);
/** In the history; null where none was made, or none is kept. */ readonly "version": (number | null);
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
readonly "reload": {
readonly "kind": "none" | "signal" | "http" | "command";
readonly "done": boolean;
readonly "detail": string;
readonly "remedy"?: string;
readonly "pid"?: number;
readonly "startTime"?: string;
readonly "status"?: number;
readonly "exitCode"?: (number | null);
/** What the command wrote last. */ readonly "output"?: string;
/** Whose root and namespaces the command had. */ readonly "ranIn"?: {
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
};
};
/** Null where no verification is configured. */ readonly "verified": (boolean | null);
/** The path of the change. Null where nothing was written. */ readonly "change": (string | null);
} | {
readonly "dryRun": true;
readonly "files": readonly ({
readonly "name": string;
/** Null where there is no such file yet. */ readonly "oldEtag": (string | null);
/** Of the content that would be there. */ readonly "etag": string;
readonly "changed": boolean;
/** False where the file itself is a mount. */ readonly "atomic": boolean;
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
/** As `diff -u` writes it, with secrets masked. */ readonly "diff": (string | null);
/** Why there is no diff. */ readonly "reason"?: string;
/** Whether it differs only where secrets are masked. */ readonly "isSecretChanged": boolean;
})[];
}) | ConfigChange;
  "GET /config/{name}/versions": {
readonly "name": string;
readonly "versions": readonly ({
readonly "version": number;
/** When it was put in place, or found. */ readonly "at": string;
/** `found`: there when the sidecar first looked; `external`: made by another program; `change` and `restore`: made through this API; `rollback`: put back because the app did not take what came before. */ readonly "kind": "found" | "external" | "change" | "restore" | "rollback";
/** The name of the credential; null where another program wrote it. */ readonly "author": (string | null);
readonly "requestId": (string | null);
readonly "reason": (string | null);
readonly "changeId": (string | null);
/** The version whose content this is again. */ readonly "restored": (number | null);
/** True where there was no such file before. */ readonly "created"?: boolean;
readonly "etag": string;
readonly "sizeBytes": number;
/** Whether the app was seen to take it; `not-asked` where the settings name no verification. */ readonly "verified": "not-asked" | "pending" | "passed" | "failed";
/** Whether it is the content that is in place. */ readonly "isCurrent": boolean;
})[];
};
  "GET /config/{name}/versions/{version}": {
readonly "name": string;
readonly "path": string;
/** Where only this part of the tree is answered. */ readonly "pointer"?: string;
readonly "format": string;
/** Of the real bytes, whatever is masked in this answer. */ readonly "etag": string;
/** Null where the bytes are no text. */ readonly "encoding": (string | null);
/** The text; of a part, the scalar or JSON. Null where it can't be shown; `contentReason` says why. */ readonly "content": (string | null);
readonly "contentReason"?: string;
/** The tree, or the part of it. Null for plain text, and where `parseError` says why. */ readonly "parsed": unknown;
readonly "parseError"?: {
readonly "line": number;
readonly "column": number;
readonly "detail": string;
readonly "remedy"?: string;
};
/** How many secrets are masked; null where they are shown, or all of the content is held back. */ readonly "maskedValues": (number | null);
};
  "GET /config/{name}/versions/{version}/diff": {
readonly "name": string;
readonly "from": number;
readonly "to": number;
/** As `diff -u` writes it, with secrets masked. Null where `reason` says why. */ readonly "diff": (string | null);
readonly "reason"?: string;
/** Whether the two differ only where secrets are masked. */ readonly "isSecretChanged": boolean;
};
  "GET /changes": {
/** The newest first. */ readonly "changes": readonly (ConfigChange)[];
};
  "POST /changes": (ConfigChange | {
readonly "dryRun": true;
readonly "files": readonly ({
readonly "name": string;
/** Null where there is no such file yet. */ readonly "oldEtag": (string | null);
/** Of the content that would be there. */ readonly "etag": string;
readonly "changed": boolean;
/** False where the file itself is a mount. */ readonly "atomic": boolean;
/** Where the app's own check ran; null where there is none, or nothing was to be checked. */ readonly "checkRanIn": ({
readonly "root": "sidecar" | "core";
/** Whose addresses and ports it had. */ readonly "network": "sidecar" | "core";
/** Whose host name it had. */ readonly "uts": "sidecar" | "core";
readonly "ipc": "sidecar" | "core";
readonly "reason"?: string;
/** The line that would open the rest of the app's namespaces. */ readonly "remedy"?: string;
} | null);
/** As `diff -u` writes it, with secrets masked. */ readonly "diff": (string | null);
/** Why there is no diff. */ readonly "reason"?: string;
/** Whether it differs only where secrets are masked. */ readonly "isSecretChanged": boolean;
})[];
} | {
readonly "change": null;
readonly "files": readonly ({
readonly "name": string;
readonly "etag": string;
readonly "changed": boolean;
})[];
}) | ConfigChange;
  "GET /changes/{id}": ConfigChange;
  "DELETE /changes/{id}": ConfigChange;
  "GET /logs": {
/** Those that the settings name. */ readonly "logs": readonly ({
readonly "name": string;
/** `core:` stands before a path in the app's own root. */ readonly "path": string;
readonly "sizeBytes": (number | null);
readonly "modifiedAt": (string | null);
/** The files that it was before it was rotated, the oldest first. */ readonly "rotated": readonly (string)[];
/** Why it can't be read. */ readonly "problem"?: {
readonly "detail": string;
readonly "remedy"?: string;
};
})[];
/** What the app's processes have open to append to, and the settings do not name: it is not served. */ readonly "open": (readonly ({
/** `core:` stands before a path in the app's own root. */ readonly "path": string;
readonly "sizeBytes": number;
readonly "processes": readonly ({
readonly "pid": number;
readonly "fd": number;
})[];
/** The setting that names it. */ readonly "remedy": string;
})[] | null);
/** Why `open` is null. */ readonly "openReason": (string | null);
/** What mends that. */ readonly "openRemedy": (string | null);
/** How far each log is forwarded to each destination. */ readonly "forwarders": readonly (LogForwarder)[];
};
  "GET /logs/{name}": {
readonly "name": string;
readonly "lines": readonly (LogLine)[];
/** What is missing between them, for a rotation took it away. */ readonly "lost": readonly (string)[];
/** `complete`: all there is; `limit`, `byte-limit`: there is more; `time-limit`: logs.followMs; `stopped`: the sidecar stops. */ readonly "reason": "complete" | "limit" | "byte-limit" | "time-limit" | "stopped";
/** Where to go on; also where there is nothing yet. It is never null. */ readonly "cursor": (string | null);
};
  "GET /certificate": {
readonly "source": "self-made" | "files";
readonly "subject": string;
readonly "issuer": string;
readonly "names": readonly (string)[];
readonly "notBefore": string;
readonly "expiresAt": string;
readonly "fingerprint256": string;
readonly "renewsAt": (string | null);
readonly "problem": ({
readonly "detail": string;
readonly "remedy": string;
readonly "since": string;
} | null);
};
  "GET /capabilities": {
readonly "capabilities": readonly ({
readonly "name": string;
readonly "works": "yes" | "partly" | "no";
readonly "parts": readonly ({
readonly "name": string;
readonly "works": boolean;
/** Why it does not work, or not fully. */ readonly "reason"?: string;
/** The line that mends it. */ readonly "remedy"?: string;
})[];
})[];
};
  "POST /diagnostics": DiagnosticsBundle;
  "GET /diagnostics": {
/** The newest first. */ readonly "diagnostics": readonly (DiagnosticsBundle)[];
};
  "GET /diagnostics/{id}": DiagnosticsBundle;
}

/** What each route takes, in JSON. */
export interface Bodies {
  "POST /processes/{pid}/signals": {
/** One of those that `processes.signals` allows. */ readonly "signal": "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGABRT" | "SIGKILL" | "SIGUSR1" | "SIGUSR2" | "SIGTERM" | "SIGCONT" | "SIGSTOP" | "SIGTSTP" | "SIGWINCH";
/** The `startTime` of the process, as `GET /processes` tells it: a later one of the same pid gets nothing. */ readonly "startTime": string;
};
  "POST /jvm/{pid}/classes": {
/** Only objects that are in use: the JVM makes a full collection first. Takes the level `disturb`. */ readonly "live"?: boolean;
/** How many classes are answered. */ readonly "limit"?: number;
};
  "POST /jvm/{pid}/heap-dumps": {
/** Only objects that are in use: the JVM makes a full collection first. */ readonly "live"?: boolean;
};
  "POST /jvm/{pid}/recordings": {
readonly "durationSeconds"?: number;
/** What the JDK's own settings of that name record: `default` costs about one percent, `profile` about two. */ readonly "settings"?: "default" | "profile";
/** What the JVM keeps of it, the oldest going first; it drops whole chunks of some MB. `jvm.maxRecordingBytes`, unless given. */ readonly "maxBytes"?: number;
/** Whether to begin although the JVM runs other recordings: it then records for each what any of them asks for. */ readonly "beside"?: boolean;
};
  "PUT /jvm/{pid}/mbeans/{mbean}/attributes/{attribute}": {
readonly "value": unknown;
};
  "POST /jvm/{pid}/mbeans/{mbean}/operations/{operation}": {
/** In the order of its parameters. */ readonly "arguments"?: readonly (unknown)[];
};
  "POST /jolokia": unknown;
  "POST /jolokia/{path}": unknown;
  "POST /jvm/{pid}/jolokia": unknown;
  "POST /jvm/{pid}/jolokia/{path}": unknown;
  "POST /traces": {
/** A pid, the name of a process, or `main`: the app's main process. */ readonly "process"?: (number | string);
/** Whether those that are below the process already are traced with it; those it starts later always are. true, unless `process` is a pid. */ readonly "descendants"?: boolean;
/** At most so many lines; traces.maxLines unless asked for. */ readonly "lines"?: number;
/** In seconds, at most traces.maxDurationMs; that unless asked for. */ readonly "duration"?: number;
/** Calls, or strace's classes of them: a list, or with commas between. */ readonly "syscalls"?: (string | readonly (string)[]);
/** false: only the main thread of a process, and nothing that it starts. true, unless asked for. */ readonly "follow"?: boolean;
/** Only calls that are about these files or folders, as with GET /strace: a list, or with commas between. */ readonly "paths"?: (string | readonly (string)[]);
/** What is told of a descriptor beside its number: nothing, the path of its file, or (the default) the addresses of sockets too, where the sidecar shares the network namespace of the app. */ readonly "decode"?: "none" | "paths" | "all";
/** What traces: `strace` unless asked for otherwise; `tracefs`, for busy apps, where strace.tracefsDir is set: the kernel's own trace events, which hold nothing up, have true durations, and no texts; `auto` takes that where it works, else strace. */ readonly "engine"?: "strace" | "tracefs" | "auto";
/** Only calls that fail, and signals and ends. */ readonly "errors"?: "only";
/** Only calls that took at least so many seconds. */ readonly "minDuration"?: number;
/** Characters of each string, at most strace.maxStringLimit; strace.stringLimit unless asked for. */ readonly "stringLimit"?: number;
/** Whether each event has the lines of strace it was made of. */ readonly "raw"?: boolean;
};
  "PATCH /config/{name}": string;
  "POST /changes": {
/** Each with exactly one thing to do. */ readonly "files": readonly (({
readonly "name": string;
/** The ETag of the content that the change was made for, or `*`. */ readonly "ifMatch": string;
/** The whole content. */ readonly "content": string;
} | {
readonly "name": string;
/** The ETag of the content that the change was made for, or `*`. */ readonly "ifMatch": string;
/** A JSON merge patch (RFC 7396). */ readonly "mergePatch": unknown;
} | {
readonly "name": string;
/** The ETag of the content that the change was made for, or `*`. */ readonly "ifMatch": string;
/** A JSON Patch (RFC 6902). */ readonly "jsonPatch": unknown;
} | {
readonly "name": string;
/** The ETag of the content that the change was made for, or `*`. */ readonly "ifMatch": string;
/** The JSON pointer of a key. */ readonly "remove": string;
} | {
readonly "name": string;
/** The ETag of the content that the change was made for, or `*`. */ readonly "ifMatch": string;
/** The version to put in place again. */ readonly "restore": number;
}))[];
};
  "POST /diagnostics": {
/** How many seconds the system calls of the app's main process are counted; 0: not at all. Tracing slows the app for as long. */ readonly "trace"?: number;
};
}

