import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ComposeProject, docker, upProject } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClient } from "./client.ts";
import { tracerPids } from "./tracers.ts";

/** What `docker compose up` of the top compose.yaml gives to the one who runs it. */

let project: ComposeProject;
let client: Client;

beforeAll(async () => {
  project = await upProject(["compose.yaml"]);
  client = await openClient(project);
});

afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
});

describe("browsing", () => {
  test("the sidecar's container turns healthy", async () => {
    expect((await project.inspect("sidecar")).State.Health?.Status).toBe("healthy");
  });

  test("the app's pages come over HTTPS, with a certificate of the CA that the sidecar offers for download", async () => {
    const { status, text } = await client.visit("/");
    expect(status).toBe(200);
    expect(text).toContain("Welcome to the parcel desk.");
  });

  test("the app's absolute links lead back through the sidecar", async () => {
    const { text } = await client.visit("/about");
    expect(text).toContain(`HREF="https://localhost:${project.httpsPort}/guestbook"`);
  });

  test("a form is sent, and its redirect stays on HTTPS", async () => {
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    const sent = await client.visit("/guestbook", {
      method: "POST",
      headers: form,
      body: "name=Ada&text=Hello",
    });
    expect(sent.status).toBe(303);
    expect(sent.headers.location).toBe(`https://localhost:${project.httpsPort}/guestbook`);
    expect((await client.visit("/guestbook")).text).toContain("Hello");
  });

  test("plain HTTP is redirected to the published HTTPS port", async () => {
    const answer = await fetch(`http://127.0.0.1:${project.httpPort}/about?x=1`, {
      headers: { Host: "localhost" },
      redirect: "manual",
    });
    expect(answer.status).toBe(308);
    expect(answer.headers.get("location")).toMatch(
      new RegExp(`^https://[^/]+:${project.httpsPort}/about\\?x=1$`),
    );
  });

  test("a WebSocket echoes", async () => {
    const socket = client.webSocket("/ws");
    await once(socket, "open");
    socket.send("over the sidecar");
    const [message] = await once(socket, "message");
    expect(String(message)).toBe("over the sidecar");
    socket.close();
    await once(socket, "close");
  });

  test("server-sent events arrive as they are sent", async () => {
    const answer = await client.stream("/events");
    expect(answer.headers["content-type"]).toBe("text/event-stream");
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    await poll("two events", () => text.includes("id: 1\n") && text.includes("id: 2\n"));
    answer.destroy();
  });

  test("a large download arrives whole", async () => {
    const answer = await client.stream("/download?mb=100");
    let bytes = 0;
    for await (const chunk of answer) bytes += chunk.length;
    expect(bytes).toBe(104_857_600);
    expect(answer.headers["content-length"]).toBe("104857600");
  });
});

describe("the dashboard", () => {
  test("is in the image, and each of its files comes compressed", async () => {
    const { status, text } = await client.ask("/", { headers: { Accept: "text/html" } });
    expect(status).toBe(200);
    expect(text).toContain('<div id="dashboard">');
    const files = [...text.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) {
      const { headers } = await client.ask(path, { headers: { "Accept-Encoding": "gzip, br" } });
      expect(headers).toMatchObject({
        "content-encoding": "br",
        "cache-control": "public, max-age=31536000, immutable",
      });
    }
  });
});

describe("looking into the core", () => {
  test("the core's processes are seen, and which one is its main process", async () => {
    const { status, text } = await client.ask("/processes", { headers: { Accept: "application/json" } });
    expect(status).toBe(200);
    expect(text).toContain("server.mjs");
  });

  test("its system calls are read as text, without any capability, and it is left untraced and running", async () => {
    const events = await client.stream("/events");
    const { status, text, headers } = await client.ask("/strace/1/20", { headers: { Accept: "text/plain" } });
    events.destroy();
    expect(status, text).toBe(200);
    expect(headers["content-type"]).toContain("text/plain");
    expect(text).toMatch(/\bepoll_p?wait2?\(/);
    expect(await tracerPids(project, 1)).toEqual(new Set(["0"]));
    expect((await client.visit("/")).status).toBe(200);
  });

  test("without a pid, it is the core's main process that is traced", async () => {
    let isOver = false;
    const trace = client.ask("/strace", { headers: { Accept: "text/plain" } }).finally(() => {
      isOver = true;
    });
    await poll("the end of the trace", async () => {
      await client.visit("/headers");
      return isOver;
    });
    expect((await trace).text).toContain("GET /headers HTTP/1.1");
  });

  test("what works here is told", async () => {
    const { status, text } = await client.ask("/capabilities", { headers: { Accept: "application/json" } });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ capabilities: expect.any(Array) });
  });
});

describe("the app's configuration", () => {
  const json = { Accept: "application/json" };
  const patch = { ...json, "Content-Type": "application/merge-patch+json" };

  test("a change through the API is on the app's page at once, and the file keeps its owner and comments", async () => {
    const before = await client.ask("/config/legacy.ini", { headers: json });
    const etag = before.headers.etag ?? "";
    const greeting = "Good morning from the configuration API";
    const changed = await client.ask("/config/legacy.ini", {
      method: "PATCH",
      headers: { ...patch, "If-Match": etag },
      body: JSON.stringify({ site: { greeting } }),
    });
    expect(changed.status, changed.text).toBe(200);
    await poll("the app shows the new greeting", async () =>
      (await client.visit("/")).text.includes(greeting),
    );
    const file = await project.compose("exec", "-T", "core", "cat", "/etc/legacy-app/legacy.ini");
    expect(file).toContain("; The parcel desk of Rhino Freight.");
    expect(file).toContain("password = tusk-and-horn-1998");
    const owner = await project.compose(
      "exec",
      "-T",
      "core",
      "stat",
      "-c",
      "%U:%G",
      "/etc/legacy-app/legacy.ini",
    );
    expect(owner.trim()).toBe("node:node");
  });

  test("a change without If-Match is refused, and one against an old version too", async () => {
    const body = JSON.stringify({ site: { greeting: "Lost update" } });
    const blind = await client.ask("/config/legacy.ini", { method: "PATCH", headers: patch, body });
    expect(blind.status).toBe(428);
    const stale = await client.ask("/config/legacy.ini", {
      method: "PATCH",
      headers: { ...patch, "If-Match": '"0000"' },
      body,
    });
    expect(stale.status).toBe(412);
    expect((await client.visit("/")).text).not.toContain("Lost update");
  });

  test("the password in it is masked", async () => {
    const { text } = await client.ask("/config/legacy.ini", { headers: json });
    expect(text).toContain("password");
    expect(text).not.toContain("tusk-and-horn-1998");
  });
});

describe("what is kept apart", () => {
  test("the core has no published port and is on the private network alone", async () => {
    const { NetworkSettings, HostConfig } = await project.inspect("core");
    expect(HostConfig.PortBindings ?? {}).toEqual({});
    expect(Object.keys(NetworkSettings.Networks)).toEqual([`${project.name}_private`]);
    const network = await docker(["network", "inspect", "-f", "{{.Internal}}", `${project.name}_private`]);
    expect(network.trim()).toBe("true");
  });

  test("from the front network the core is reached neither by name nor by address", async () => {
    const { NetworkSettings } = await project.inspect("core");
    const address = NetworkSettings.Networks[`${project.name}_private`]?.IPAddress ?? "";
    const front = `${project.name}_front`;
    expect(await reaches(front, "sidecar", 8443)).toBe("open");
    expect(await reaches(front, "core", 8000)).toBe("ENOTFOUND");
    expect(await reaches(front, address, 8000)).toMatch(/timeout|EHOSTUNREACH|ENETUNREACH|ECONNREFUSED/);
  });

  test("the core reaches nobody outside", async () => {
    const probe = connectScript("192.0.2.1", 80);
    const found = await project.compose("exec", "-T", "core", "node", "-e", probe);
    expect(found.trim()).toMatch(/ENETUNREACH|timeout/);
  });

  test("the sidecar runs without root, capabilities, new privileges and a writable root file system", async () => {
    const { Config, HostConfig, Mounts } = await project.inspect("sidecar");
    expect(Config.User).toBe("1000:1000");
    expect(HostConfig).toMatchObject({
      CapAdd: null,
      CapDrop: ["ALL"],
      Privileged: false,
      ReadonlyRootfs: true,
      SecurityOpt: ["no-new-privileges:true"],
    });
    expect(Mounts.filter(({ Source }) => Source.includes("docker.sock"))).toEqual([]);
    const status = await project.compose("exec", "-T", "sidecar", "cat", "/proc/self/status");
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    expect(status).toMatch(/^CapEff:\t0{16}$/m);
    expect(status).toMatch(/^CapBnd:\t0{16}$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
  });

  test("nothing of its image can be changed at run time", async () => {
    const script = "require('fs').writeFileSync(process.argv[1], '')";
    for (const path of ["/app/dist/main.js", "/app/x", "/usr/bin/strace", "/etc/x"]) {
      const written = project.compose("exec", "-T", "-u", "0", "sidecar", "node", "-e", script, path);
      await expect(written, path).rejects.toThrow(/EROFS/);
    }
  });
});

describe("the image", () => {
  test("it holds the program and its production dependencies, and no sources, dev dependencies or caches", async () => {
    const list = (folder: string) => project.compose("exec", "-T", "sidecar", "ls", "-A", folder);
    expect((await list("/app")).split("\n").filter(Boolean).sort()).toEqual([
      "LICENSE",
      "dist",
      "node_modules",
      "package.json",
    ]);
    const modules = (await list("/app/node_modules")).split("\n");
    expect(modules).toContain("koa");
    for (const name of ["node", "typescript", "vitest", "vite", "knip", "ws", "@types", "@biomejs"]) {
      expect(modules).not.toContain(name);
    }
    const leftovers = await docker([
      ...["run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "find"],
      (await project.inspect("sidecar")).Config.Image,
      ...["/app", "/root", "/home", "/tmp", "/var/lib/apt/lists", "/var/cache/apt"],
      ...["(", "-path", "/app/dist/*.ts", "-o", "-name", "_cacache", "-o", "-name", "*Packages*", "-o"],
      ...["-path", "/tmp/*", ")", "-print"],
    ]);
    expect(leftovers).toBe("");
  });

  test("its healthcheck asks the sidecar, and fails where there is none", async () => {
    const { Config } = await project.inspect("sidecar");
    const check = ["node", "dist/main.js", "healthcheck"];
    await project.compose("exec", "-T", "sidecar", ...check);
    const alone = docker([
      ...["run", "--rm", "--network", "none", "-e", "SIDECAR_CORE_URL=http://127.0.0.1:8000"],
      ...["--entrypoint", "node", Config.Image, ...check.slice(1)],
    ]);
    await expect(alone).rejects.toMatchObject({ code: 1 });
  });

  test("without any setting it says what is missing and ends with 64", async () => {
    const { Config } = await project.inspect("sidecar");
    await expect(docker(["run", "--rm", Config.Image])).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining("SIDECAR_CORE_URL"),
    });
  });
});

describe("stopping and starting", () => {
  test("`docker stop` of the sidecar is quick and clean, also with a WebSocket and an event stream open", async () => {
    const socket = client.webSocket("/ws");
    const closed = once(socket, "close");
    await once(socket, "open");
    const events = await client.stream("/events");
    events.on("error", () => undefined).resume();
    const startedAt = performance.now();
    await project.compose("stop", "sidecar");
    const tookMs = performance.now() - startedAt;
    await closed;
    const { State } = await project.inspect("sidecar");
    // The grace period of the sidecar itself is 8 s; after 12 s Docker would kill it, which is 137.
    expect(tookMs).toBeLessThan(15_000);
    expect(State.ExitCode).not.toBe(137);
    expect((await project.inspect("core")).State.Running).toBe(true);
  });

  test("an idle sidecar stops at once with exit code 0, and comes back with its certificate and its token", async () => {
    await project.compose("up", "--detach", "--wait");
    await client.visit("/");
    await project.compose("stop", "sidecar");
    expect((await project.inspect("sidecar")).State.ExitCode).toBe(0);
    // By its own clock: on a busy machine the engine and compose take seconds themselves.
    const log = await project.compose("logs", "--no-log-prefix", "sidecar");
    const saidAt = (said: string) => {
      // Compose writes controls of a terminal before the lines.
      const [line = "{}"] = log.match(new RegExp(`\\{"level".*"msg":"${said}".*\\}`, "g"))?.slice(-1) ?? [];
      return Date.parse(z.object({ time: z.string() }).parse(JSON.parse(line)).time);
    };
    expect(saidAt("stopped") - saidAt("stopping")).toBeLessThan(4_000);
    await project.compose("up", "--detach", "--wait");
    // The same CA verifies it, and the same token opens it.
    expect((await client.ask("/health")).status).toBe(200);
  });

  test("`docker compose restart core` brings the sidecar back with the core's new processes", async () => {
    await project.compose("restart", "core");
    const trace = await poll(
      "a trace of the new process",
      async () => {
        const answer = await client.ask("/strace/1/1", { headers: { Accept: "text/plain" } });
        return answer.status === 200 && answer;
      },
      { timeoutMs: 60_000 },
    );
    expect(trace.text).not.toBe("");
    expect((await client.visit("/")).status).toBe(200);
  });

  test("after the core was stopped, `docker compose up` brings both back", async () => {
    await project.compose("stop", "core");
    await poll("the sidecar's end", async () => !(await project.inspect("sidecar")).State.Running, {
      timeoutMs: 30_000,
    });
    await project.compose("up", "--detach", "--wait");
    expect((await client.visit("/")).status).toBe(200);
    expect((await client.ask("/strace/1/1")).status).toBe(200);
  });
});

/** Tries a TCP connection from a throw-away container on a network: `open`, or the error's code, or `timeout`. */
async function reaches(network: string, host: string, port: number): Promise<string> {
  const image = (await project.inspect("core")).Config.Image;
  const out = await docker([
    "run",
    "--rm",
    "--network",
    network,
    image,
    "node",
    "-e",
    connectScript(host, port),
  ]);
  return out.trim();
}

function connectScript(host: string, port: number): string {
  return `const say = (what) => { console.log(what); process.exit(0); };
require("node:net").connect(${port}, ${JSON.stringify(host)})
  .on("connect", () => say("open")).on("error", (error) => say(error.code));
setTimeout(() => say("timeout"), 3000);`;
}
