import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listenLocally } from "../support/front.ts";
import { poll } from "../support/poll.ts";
import { runProgram, startSidecarProcess, TOKEN } from "../support/sidecar.ts";

let dir: string;
const core = createServer((request, answer) => answer.end(`core: ${request.url}`));
let corePort: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tickbird-start-"));
  corePort = await listenLocally(core);
});
afterAll(async () => {
  core.close();
  await rm(dir, { recursive: true, force: true });
});

describe("the command line", () => {
  test("without the app's address says how to give it, and ends with 64", async () => {
    await using program = runProgram([]);
    expect(await program.ended()).toBe(64);
    expect(program.stderr()).toContain(
      "core.url is required: set SIDECAR_CORE_URL or --core, such as --core http://127.0.0.1:8000",
    );
  });

  test("with several bad settings reports all of them, secrets masked, and ends with 64", async () => {
    await using program = runProgram(["--core", "ftp://x", "--https-port", "x"], {
      SIDECAR_AUTH_TOKEN: "my-secret",
      SIDECAR_STRACE_MAXLINES: "1",
    });
    expect(await program.ended()).toBe(64);
    expect(program.stderr()).toMatch(/--core .*\[flag\]/);
    expect(program.stderr()).toMatch(/--https-port .*\[flag\]/);
    expect(program.stderr()).toMatch(/SIDECAR_AUTH_TOKEN \(\*{6}\)/);
    expect(program.stderr()).toContain("did you mean SIDECAR_STRACE_MAX_LINES?");
    expect(program.stderr()).not.toContain("my-secret");
  });

  test.each([
    [["--bogus"], /--bogus/],
    [["dance"], /no command dance/],
    [["settings", "run"], /One command at a time/],
    [["--settings", "/does/not/exist.yaml"], /settings file \/does\/not\/exist\.yaml can't be read/],
  ])("%j is refused with 64", async (args, message) => {
    await using program = runProgram(args);
    expect(await program.ended()).toBe(64);
    expect(program.stderr()).toMatch(message);
  });

  test("settings prints what is in force, its source, and no secret", async () => {
    const file = join(dir, "settings.yaml");
    await writeFile(file, "core:\n  url: http://127.0.0.1:1\nstrace:\n  maxLines: 7\n");
    await using program = runProgram(["settings", "--settings", file], {
      SIDECAR_AUTH_TOKEN: "0123456789-secret",
    });
    expect(await program.ended()).toBe(0);
    expect(program.stdout()).toMatch(/^strace\.maxLines +7 +file$/m);
    expect(program.stdout()).toMatch(/^auth\.token +\*{6} +environment$/m);
    expect(program.stdout()).not.toContain("secret-");
  });

  test("--help and --version", async () => {
    await using help = runProgram(["--help"]);
    expect(await help.ended()).toBe(0);
    expect(help.stdout()).toContain("tickbird --core http://127.0.0.1:8000");
    await using version = runProgram(["--version"]);
    expect(await version.ended()).toBe(0);
    expect(version.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("healthcheck tells by its exit code whether the sidecar lives", async () => {
    await using sidecar = await startSidecarProcess(corePort);
    const port = ["--core", "http://127.0.0.1:1", "--https-port"];
    await using alive = runProgram(["healthcheck", ...port, String(sidecar.port)]);
    expect(await alive.ended()).toBe(0);
    await using dead = runProgram(["healthcheck", ...port, "1"]);
    expect(await dead.ended()).toBe(1);
  });
});

describe("a start that can't succeed says what mends it, and ends with 1:", () => {
  test("a port in use", async () => {
    await using program = runProgram(["--core", "http://127.0.0.1:1", "--https-port", String(corePort)], {
      SIDECAR_HTTPS_HOST: "127.0.0.1",
      SIDECAR_CERTS_DIR: dir,
    });
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain(`Port ${corePort} is in use.`);
    expect(program.stderr()).toContain("SIDECAR_HTTPS_PORT");
  });

  test("a state folder that can't be written", async () => {
    const occupied = join(dir, "a-file");
    await writeFile(occupied, "");
    await using program = runProgram(["--core", "http://127.0.0.1:1"], { SIDECAR_CERTS_DIR: occupied });
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain("SIDECAR_CERTS_DIR");
  });

  test("a certificate that is none", async () => {
    const [cert, key] = [join(dir, "bad.crt"), join(dir, "bad.key")];
    await writeFile(cert, "not a certificate");
    await writeFile(key, "not a key");
    await using program = runProgram(["--core", "http://127.0.0.1:1"], {
      SIDECAR_HTTPS_CERT_FILE: cert,
      SIDECAR_HTTPS_KEY_FILE: key,
      SIDECAR_CERTS_DIR: dir,
    });
    expect(await program.ended()).toBe(1);
    expect(program.stderr()).toContain("SIDECAR_HTTPS_CERT_FILE");
  });

  test("a token file that is too short or missing", async () => {
    const short = join(dir, "short-token");
    await writeFile(short, "tiny\n");
    for (const path of [short, join(dir, "missing")]) {
      await using program = runProgram(["--core", "http://127.0.0.1:1", "--https-port", "0"], {
        SIDECAR_AUTH_TOKEN_FILE: path,
        SIDECAR_CERTS_DIR: dir,
        SIDECAR_HTTP_ENABLED: "false",
      });
      expect(await program.ended()).toBe(1);
      expect(program.stderr()).toContain(path);
      expect(program.stderr()).not.toContain("tiny");
    }
  });
});

describe("the token that is made at the first start", () => {
  test("is kept with mode 0600, printed once as a link, and works after a restart", async () => {
    const certs = join(dir, "first-start");
    const env = { SIDECAR_CERTS_DIR: certs, SIDECAR_AUTH_TOKEN: "" };
    let token = "";
    {
      await using sidecar = await startSidecarProcess(corePort, env);
      token = /\/_sidecar\/#token=(\S+)/.exec(sidecar.stderr())?.[1] ?? "";
      expect((await readFile(join(certs, "auth-token"), "utf8")).trim()).toBe(token);
      expect((await stat(join(certs, "auth-token"))).mode & 0o777).toBe(0o600);
      expect(sidecar.stdout()).not.toContain(token);
    }
    await using again = runProgram(["--core", `http://127.0.0.1:${corePort}`, "--https-port", "0"], {
      ...env,
      SIDECAR_HTTP_ENABLED: "false",
    });
    await poll("the second start", () => again.stderr().includes("the token is in"));
    expect(again.stderr()).not.toContain(token);
  });
});

/** A core that begins its answer to `/never` and does not end it. */
async function startNeverEnding() {
  let arrived = false;
  const server = createServer((request, answer) => {
    if (request.url !== "/never") return void answer.end();
    arrived = true;
    answer.write("begun");
  });
  return {
    port: await listenLocally(server),
    hasArrived: () => arrived,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("signals", () => {
  test("SIGTERM lets what is under way finish, and ends with 0", async () => {
    let arrived = false;
    const slow = createServer((request, answer) => {
      if (request.url !== "/slow") return void answer.end();
      arrived = true;
      answer.write("begun ");
      slow.once("finish-now", () => answer.end("done"));
    });
    const port = await listenLocally(slow);
    await using sidecar = await startSidecarProcess(port);
    const answer = sidecar.ask("/slow");
    await poll("the request to arrive", () => arrived);
    sidecar.process.kill("SIGTERM");
    await poll("the log to say so", () => sidecar.log().some((line) => line["msg"] === "stopping"));
    slow.emit("finish-now");
    expect((await answer).body).toBe("begun done");
    expect(await sidecar.ended()).toBe(0);
    expect(sidecar.log().at(-1)).toMatchObject({ msg: "stopped", clean: true });
    slow.close();
  });

  test("a grace that is over cuts the rest, and ends with 1", async () => {
    await using never = await startNeverEnding();
    await using sidecar = await startSidecarProcess(never.port, { SIDECAR_SHUTDOWN_GRACE_MS: "200" });
    const answer = sidecar.ask("/never").catch((error: unknown) => error);
    await poll("the request to arrive", () => never.hasArrived());
    sidecar.process.kill("SIGTERM");
    expect(await sidecar.ended()).toBe(1);
    expect(await answer).toBeInstanceOf(Error);
  });

  test("a second one exits at once", async () => {
    await using never = await startNeverEnding();
    await using sidecar = await startSidecarProcess(never.port, { SIDECAR_SHUTDOWN_GRACE_MS: "60000" });
    const answer = sidecar.ask("/never").catch((error: unknown) => error);
    await poll("the request to arrive", () => never.hasArrived());
    sidecar.process.kill("SIGINT");
    await poll("the log to say so", () => sidecar.log().some((line) => line["msg"] === "stopping"));
    sidecar.process.kill("SIGINT");
    expect(await sidecar.ended()).toBe(1);
    await answer;
  });

  test("SIGHUP takes over a new token, and keeps the old one when the new one is not valid", async () => {
    const file = join(dir, "token-file");
    await writeFile(file, "the-first-token-1");
    await chmod(file, 0o600);
    await using sidecar = await startSidecarProcess(corePort, {
      SIDECAR_AUTH_TOKEN: "",
      SIDECAR_AUTH_TOKEN_FILE: file,
    });
    const status = async (token: string) => (await sidecar.ask("/_sidecar/health", { token })).status;
    expect(await status("the-first-token-1")).toBe(200);
    await writeFile(file, "the-second-token-2");
    sidecar.process.kill("SIGHUP");
    await poll("the second token", async () => (await status("the-second-token-2")) === 200);
    expect(await status("the-first-token-1")).toBe(401);
    await writeFile(file, "short");
    sidecar.process.kill("SIGHUP");
    await poll("the refusal", () =>
      sidecar.log().some((line) => String(line["msg"]).startsWith("not reloaded")),
    );
    expect(await status("the-second-token-2")).toBe(200);
  });
});

test("the log has one JSON line for every request, forwarded ones too, with no token and no query in it", async () => {
  await using sidecar = await startSidecarProcess(corePort);
  await sidecar.ask("/page?secret=1", { headers: { "X-Request-Id": "my-id-1" } });
  await sidecar.ask("/_sidecar/livez");
  await sidecar.ask("//_sidecar/livez");
  const lines = await poll("three lines", () => {
    const requests = sidecar.log().filter((line) => line["msg"] === "request");
    return requests.length === 3 && requests;
  });
  expect(lines).toMatchObject([
    {
      route: "core",
      requestId: "my-id-1",
      method: "GET",
      path: "/page",
      status: 200,
      complete: true,
      http: "1.1",
    },
    { route: "sidecar", path: "/_sidecar/livez", status: 200, user: "operator" },
    { route: "refused", path: "//_sidecar/livez", status: 404, failure: "not-found" },
  ]);
  expect(sidecar.stdout()).not.toContain(TOKEN);
  expect(sidecar.stdout()).not.toContain("secret=1");
});
