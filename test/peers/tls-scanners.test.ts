import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listenLocally } from "../support/front.ts";
import { describeWith } from "../support/peers.ts";
import { runServer } from "../support/server-process.ts";
import { type RunningSidecar, startSidecarProcess } from "../support/sidecar.ts";

/** What scanners of others say of the HTTPS port of a whole sidecar with its self-made certificate. */

/** What a scan is made in. */
interface Place extends AsyncDisposable {
  readonly edge: RunningSidecar;
  /** A folder of its own. */
  readonly dir: string;
}

async function startPlace(): Promise<Place> {
  const core = createServer((_request, answer) => void answer.end("the app\n"));
  const edge = await startSidecarProcess(await listenLocally(core));
  const dir = await mkdtemp(join(tmpdir(), "tickbird-scan-"));
  return {
    edge,
    dir,
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      core.close();
      core.closeAllConnections();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Runs a scanner to its end, with one of the exit codes given. */
async function scan(command: string, args: readonly string[], cwd: string, codes = [0]): Promise<void> {
  await using scanner = runServer(command, args, { cwd });
  const code = await scanner.ended();
  expect(codes, `${command} ended with ${code}: ${scanner.output()}`).toContain(code);
}

/** One finding of testssl. */
interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** What testssl complains of and is as it should be, by id, with the reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  engine_problem: "it speaks of the scanner's own OpenSSL, which has no GOST",
  cert_revocation: "a certificate of one's own local CA lives for a year and has nobody to revoke it",
  // On a busy machine; with any server. That sessions resume is shown in e2e/tls.
  sessionresumption_ticket: "its client hangs up at the end of its input, before it has read a ticket",
};

/** testssl's exit code counts what it could not find out: nothing, or whether a ticket resumes. */
const TESTSSL_CODES = [0, 1];

describeWith(["testssl"], "testssl", () => {
  test("finds nothing of severity LOW or above", { timeout: 1_200_000 }, async () => {
    await using place = await startPlace();
    const { edge, dir } = place;
    const file = join(dir, "findings.json");
    const ca = join(edge.dir, "ca.crt");
    const checks = ["--protocols", "--std", "--server-preference", "--server-defaults", "--vulnerable"];
    const quiet = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none"];
    const limits = ["--connect-timeout", "5", "--openssl-timeout", "5"];
    const target = `127.0.0.1:${edge.port}`;
    const args = [...checks, ...quiet, ...limits, "--add-ca", ca, "--jsonfile", file, target];
    await scan("testssl", args, dir, TESTSSL_CODES);

    const findings: Finding[] = JSON.parse(await readFile(file, "utf8"));
    const serious = findings.filter(
      ({ id, severity }) => !(severity === "OK" || severity === "INFO" || id in ACCEPTED),
    );
    expect(serious).toEqual([]);
    // The scan was made, and to its end.
    const said = new Map(findings.map(({ id, finding }) => [id, finding]));
    expect(said.get("TLS1_3")).toBe("offered with final");
    expect(said.get("TLS1_2")).toBe("offered");
    expect(said.get("TLS1_1")).toBe("not offered");
    expect(said.get("ALPN_HTTP2")).toBe("h2");
    expect(said.get("cert_chain_of_trust")).toBe("passed.");
    expect(said.get("secure_client_renego")).toBe("not vulnerable");
    expect(said.get("RC4")).toBe("not vulnerable");
  });
});

describeWith(["sslscan"], "sslscan", () => {
  test("finds TLS 1.2 and 1.3 only, strong suites only, and no old weakness", {
    timeout: 240_000,
  }, async () => {
    await using place = await startPlace();
    const { edge, dir } = place;
    const file = join(dir, "scan.xml");
    await scan(
      "sslscan",
      ["--no-colour", "--show-cipher-ids", `--xml=${file}`, `127.0.0.1:${edge.port}`],
      dir,
    );
    const elements = elementsOf(await readFile(file, "utf8"));
    const all = (name: string) => elements.filter((element) => element.name === name);

    const enabled = all("protocol").filter(({ fields }) => fields["enabled"] === "1");
    expect(enabled.map(({ fields }) => `${fields["type"]} ${fields["version"]}`)).toEqual([
      "tls 1.2",
      "tls 1.3",
    ]);
    const suites = all("cipher");
    expect(suites.length).toBeGreaterThan(4);
    // All those of TLS 1.3 are merely "acceptable" to it.
    expect(suites.filter(({ fields }) => !/^(strong|acceptable)$/.test(fields["strength"] ?? ""))).toEqual(
      [],
    );
    expect(suites.filter(({ fields }) => !/GCM|POLY1305/.test(fields["cipher"] ?? ""))).toEqual([]);
    expect(all("renegotiation").map(({ fields }) => fields["supported"])).toEqual(["0"]);
    expect(all("compression").filter(({ fields }) => fields["supported"] === "1")).toEqual([]);
    expect(all("heartbleed").filter(({ fields }) => fields["vulnerable"] === "1")).toEqual([]);
  });
});

/** The elements of the scanner's XML, which puts everything in attributes. */
function elementsOf(xml: string): { name: string; fields: Record<string, string> }[] {
  return [...xml.matchAll(/<(\w[\w-]*)((?:\s+\w+="[^"]*")+)\s*\/?>/g)].map(([, name = "", fields = ""]) => ({
    name,
    fields: Object.fromEntries(
      [...fields.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    ),
  }));
}
