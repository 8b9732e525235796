import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runServer, type ServerProcess, said } from "./server-process.ts";

/** The Java programs of `test/fixtures/jmx`, for tests and for what records their answers. */

const run = promisify(execFile);
const JAVA = "/usr/bin/java";
const CACHE = new URL("../../node_modules/.cache/tickbird-java/", import.meta.url).pathname;
const FOLDER = new URL("../fixtures/jmx/", import.meta.url);

/** Where a fixture's file is. */
export function jmxFixture(name: string): URL {
  return new URL(name, FOLDER);
}

/** Compiles a program, and those of the others that it uses, where that is not done yet; gives the folder of its classes. */
export async function compileJava(name: string, libraries = ""): Promise<string> {
  const sources = readdirSync(FOLDER).filter((file) => file.endsWith(".java"));
  const hash = createHash("sha256").update(name);
  for (const file of sources.toSorted()) hash.update(readFileSync(jmxFixture(file)));
  const folder = join(CACHE, `${name}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  const places = ["-d", made, "-cp", libraries, "-sourcepath", FOLDER.pathname];
  await run("/usr/bin/javac", ["-nowarn", ...places, jmxFixture(`${name}.java`).pathname]);
  try {
    renameSync(made, folder);
  } catch (error) {
    // Another test was faster.
    rmSync(made, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Runs a program to its end; gives what it says. */
export async function runJava(classes: string, name: string, ...args: readonly string[]): Promise<string> {
  const options = { maxBuffer: 64 * 1_024 * 1_024, encoding: "utf8" as const };
  const { stdout } = await run(JAVA, [...TUNING, "-cp", classes, name, ...args], options);
  return stdout;
}

/** For JVMs that live for seconds. */
export const TUNING = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"];

/** The flags that open JMX on a port of loopback, without TLS or passwords unless `more` says otherwise. */
export function jmxFlags(
  port: number,
  more: Readonly<Record<string, string | number | boolean>> = {},
): string[] {
  const flags = { port, "rmi.port": port, host: "127.0.0.1", ssl: false, authenticate: false, ...more };
  return Object.entries(flags).map(([name, value]) => `-Dcom.sun.management.jmxremote.${name}=${value}`);
}

/** Starts the app with odd MBeans, and waits until they are there. */
export async function startOdd(
  classes: string,
  flags: readonly string[],
  java = JAVA,
): Promise<ServerProcess> {
  const server = runServer(java, [...TUNING, ...flags, "-cp", classes, "Odd"], { cwd: "/" });
  await said(server, /ready/);
  return server;
}

/** Starts an app whose JMX tells of each login, and forgets one after so long without a call; with null as soon as any JVM does. */
export async function startForgetting(port: number, afterMs: number | null): Promise<ServerProcess> {
  const classes = await compileJava("Forgetting");
  const args = [String(port), ...(afterMs === null ? [] : [String(afterMs)])];
  const server = runServer(
    JAVA,
    [...TUNING, "-Djava.rmi.server.hostname=127.0.0.1", "-cp", classes, "Forgetting", ...args],
    {
      cwd: "/",
    },
  );
  await said(server, /ready/);
  return server;
}

/** Files for a JVM that speaks TLS, asks for a password, and has a role that may only read; the caller removes their folder. */
export async function secureFlags(port: number): Promise<{ flags: string[]; ca: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "tickbird-jmx-"));
  const [keyStore, passwords, access] = ["keys.p12", "passwords", "access"].map((name) => join(folder, name));
  await writeFile(passwords ?? "", "looker apassword\ndoer other\n", { mode: 0o600 });
  await writeFile(access ?? "", "looker readonly\ndoer readwrite\n", { mode: 0o600 });
  const store = ["-keystore", keyStore ?? "", "-storepass", "changeit", "-alias", "jmx"];
  const certificate = ["-keyalg", "EC", "-dname", "CN=jmx", "-ext", "san=ip:127.0.0.1", "-ext", "bc=ca:true"];
  execFileSync("/usr/bin/keytool", ["-genkeypair", ...store, ...certificate], { stdio: "ignore" });
  const ca = execFileSync("/usr/bin/keytool", ["-exportcert", "-rfc", ...store], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const jmx = {
    ssl: true,
    "registry.ssl": true,
    authenticate: true,
    "password.file": passwords ?? "",
    "access.file": access ?? "",
  };
  const tls = [`-Djavax.net.ssl.keyStore=${keyStore}`, "-Djavax.net.ssl.keyStorePassword=changeit"];
  return { flags: [...jmxFlags(port, jmx), ...tls], ca, folder };
}
