import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { unusedPort } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { runServer, type ServerProcess } from "../support/server-process.ts";

const message = z.object({
  pri: z.string(),
  time: z.string(),
  host: z.string(),
  app: z.string(),
  data: z.string(),
  msg: z.string(),
});

/** A real rsyslog that writes what it takes into a file. */
export interface Rsyslog extends AsyncDisposable {
  readonly port: number;
  /** What it has taken, also before it was started again. */
  messages(): Promise<z.infer<typeof message>[]>;
  start(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Its certificate, and the authority and the name of the clients that it takes. */
export interface RsyslogTls {
  readonly certPem: string;
  readonly keyPem: string;
  readonly clientCaPem: string;
  readonly clientName: string;
}

/** Starts one, with TCP or with TLS. */
export async function startRsyslog(tls?: RsyslogTls): Promise<Rsyslog> {
  const dir = await mkdtemp(join(tmpdir(), "tickbird-rsyslog-"));
  const path = (name: string) => join(dir, name);
  const port = await unusedPort();
  if (tls !== undefined) {
    await writeFile(path("ca.pem"), tls.clientCaPem);
    await writeFile(path("cert.pem"), tls.certPem);
    await writeFile(path("key.pem"), tls.keyPem, { mode: 0o600 });
  }
  await writeFile(path("rsyslog.conf"), configOf(path, port, tls));
  let server: ServerProcess | undefined;
  const start = async () => {
    server = runServer("/usr/sbin/rsyslogd", ["-n", "-f", path("rsyslog.conf"), "-i", path("pid")], {
      cwd: dir,
    });
    await poll("rsyslog listens", async () => {
      if (server?.hasEnded) throw new Error(server.output());
      await answers(port);
      return true;
    });
  };
  await start();
  return {
    ...{ port, start },
    stop: async (signal) => server?.stop(signal),
    async messages() {
      const text = await readFile(path("taken"), "utf8").catch(() => "");
      // The last line may be half-written.
      const lines = text.split("\n").slice(0, -1);
      return lines.map((line) => message.parse(JSON.parse(line)));
    },
    async [Symbol.asyncDispose]() {
      await server?.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function configOf(path: (name: string) => string, port: number, tls: RsyslogTls | undefined): string {
  const driver =
    tls === undefined
      ? ""
      : `StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="x509/name" PermittedPeer=["${tls.clientName}"]`;
  const files =
    tls === undefined
      ? ""
      : `DefaultNetstreamDriverCAFile="${path("ca.pem")}" DefaultNetstreamDriverCertFile="${path("cert.pem")}" DefaultNetstreamDriverKeyFile="${path("key.pem")}"`;
  const properties = [
    ["pri", "pri"],
    ["time", "timereported", 'dateFormat="rfc3339"'],
    ["host", "hostname"],
    ["app", "app-name"],
    ["data", "structured-data"],
    ["msg", "msg"],
  ].map(
    ([outname, name, more = ""]) => `property(outname="${outname}" name="${name}" format="jsonf" ${more})`,
  );
  return `
global(workDirectory="${path("")}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off" ${files})
module(load="imtcp" ${driver})
input(type="imtcp" address="127.0.0.1" port="${port}")
template(name="taken" type="list" option.jsonf="on") {
  ${properties.join("\n  ")}
}
action(type="omfile" file="${path("taken")}" template="taken")
`;
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
