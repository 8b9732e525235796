import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runServer, type ServerProcess, said } from "../support/server-process.ts";

/** Debian's Tomcat as the core, with its examples: a base folder of its own, no service manager. */

const HOME = "/usr/share/tomcat10";
const EXAMPLES = "/usr/share/tomcat10-examples/examples";

/** Who may log in at the protected page of the examples. */
export const LOGIN = { user: "zoe", password: "a pass&word" };
const USERS = `<tomcat-users><user username="${LOGIN.user}" password="a pass&amp;word" roles="tomcat"/></tomcat-users>`;

/** A running Tomcat; stopped and started, it keeps the port. */
export interface Tomcat extends AsyncDisposable {
  readonly port: number;
  /** Of the JVM; it changes with a restart. */
  readonly pid: number;
  /** Its folder, with `conf` and `webapps`. */
  readonly base: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * Starts Tomcat on a free port of loopback, and waits until the examples are deployed.
 * @param connector further attributes of the connector, such as `maxKeepAliveRequests="10"`.
 * @param host attributes of the host: whether it looks for apps that come and change.
 * @param jvmFlags further flags of the JVM.
 * @param java what runs it.
 */
export async function startTomcat(
  connector = "",
  host = 'autoDeploy="false"',
  jvmFlags: readonly string[] = [],
  java = "/usr/bin/java",
): Promise<Tomcat> {
  const base = await mkdtemp(join(tmpdir(), "tickbird-tomcat-"));
  for (const folder of ["conf", "logs", "temp", "webapps", "work"]) await mkdir(join(base, folder));
  for (const file of ["web.xml", "context.xml", "catalina.properties"]) {
    await copyFile(join(HOME, "etc", file), join(base, "conf", file));
  }
  await writeFile(join(base, "conf", "tomcat-users.xml"), USERS);
  const serverXml = join(base, "conf", "server.xml");
  await writeFile(serverXml, configuration({ port: 0, connector, host }));
  let running = run(base, java, jvmFlags);
  const port = await portOf(running);
  await writeFile(serverXml, configuration({ port, connector, host }));
  return {
    ...{ port, base },
    get pid() {
      return running.pid;
    },
    stop: () => running.stop(),
    async start() {
      running = run(base, java, jvmFlags);
      await portOf(running);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}

function run(base: string, java: string, jvmFlags: readonly string[]): ServerProcess {
  const jars = ["bootstrap.jar", "tomcat-juli.jar"].map((jar) => join(HOME, "bin", jar)).join(":");
  const properties = [`-Dcatalina.home=${HOME}`, `-Dcatalina.base=${base}`, `-Djava.io.tmpdir=${base}/temp`];
  // For a JVM that lives for seconds.
  const tuning = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const args = [
    ...tuning,
    ...jvmFlags,
    ...properties,
    "-cp",
    jars,
    "org.apache.catalina.startup.Bootstrap",
    "start",
  ];
  return runServer(java, args, { cwd: base });
}

/** Tomcat logs it when it begins to accept, with the port that it really got. */
async function portOf(server: ServerProcess): Promise<number> {
  const [, port] = await said(server, /Starting ProtocolHandler \["http-nio-[^"]*-(\d+)"\]/);
  await said(server, /Server startup in/);
  return Number(port);
}

interface ServerXml {
  readonly port: number;
  readonly connector: string;
  readonly host: string;
}

function configuration({ port, connector, host }: ServerXml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <Service name="Catalina">
    <!-- The one way in. -->
    <Connector address="127.0.0.1" port="${port}" protocol="HTTP/1.1" ${connector}/>
    <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">
      <Realm className="org.apache.catalina.realm.MemoryRealm"/>
      <Host name="localhost" appBase="webapps" ${host}>
        <Context path="/examples" docBase="${EXAMPLES}"/>
      </Host>
    </Engine>
  </Service>
</Server>
`;
}
