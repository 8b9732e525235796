import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { docker } from "../support/docker.ts";
import {
  applyRemedy,
  type Containers,
  type Core,
  openContainers,
  type Sidecar,
  startCore,
  startSidecar,
} from "./containers.ts";

/** Configuration files of an app that shares nothing with the sidecar but its PID namespace. */

const FILES = ["--env", "SIDECAR_CONFIG_FILES=core:/tmp/app/app.ini", "--read-only", "--tmpfs", "/tmp"];

const AS_JSON = { headers: { Accept: "application/json" } };

const CHECKED = {
  path: "core:/tmp/app/app.ini",
  validate: {
    command: ["sh", "-c", 'id -u; grep CapEff /proc/self/status; grep -q good "$0"', "{file}"],
    in: "core",
  },
};

let containers: Containers;
let core: Core;

beforeAll(async () => {
  containers = await openContainers();
  const shell = "umask 077; mkdir /tmp/app; printf '# mine\\na = 1\\n' > /tmp/app/app.ini;";
  core = await startCore(containers, { user: "1001:1001", shell });
});

afterAll(async () => {
  await containers?.[Symbol.asyncDispose]();
});

async function change(sidecar: Sidecar, value: string) {
  const { headers } = await sidecar.ask("/config/app.ini");
  return await sidecar.ask("/config/app.ini", {
    method: "PATCH",
    headers: {
      "Content-Type": "application/merge-patch+json",
      "If-Match": headers.etag ?? '"none"',
    },
    body: JSON.stringify({ a: value }),
  });
}

async function inCore(...command: readonly string[]): Promise<string> {
  return (await docker(["exec", "--user", "0:0", core.id, ...command])).trim();
}

test("they are changed by a sidecar of the app's own user, without a capability", async () => {
  const sidecar = await startSidecar(containers, core, { user: "1001:1001", capAdd: [], options: FILES });
  const answer = await change(sidecar, "2");
  expect(answer.status, answer.text).toBe(200);
  expect(JSON.parse(answer.text)).toMatchObject({ changed: true, atomic: true });
  expect(await inCore("cat", "/tmp/app/app.ini")).toBe("# mine\na = 2");
  expect(await inCore("stat", "-c", "%u:%g %a", "/tmp/app/app.ini")).toBe("1001:1001 600");
  expect(await inCore("ls", "-A", "/tmp/app")).toBe("app.ini");
});

test("root without capabilities is told what it takes, step by step until it works", async () => {
  let grant = { user: "0:0", capAdd: [] as readonly string[], options: FILES };
  const asked: string[] = [];
  for (let step = 0; step < 4; step++) {
    const sidecar = await startSidecar(containers, core, grant);
    const answer = await change(sidecar, `root ${step}`);
    if (answer.status === 200) break;
    expect(answer.status, answer.text).toBe(403);
    const { remedy }: { remedy: string } = JSON.parse(answer.text);
    asked.push(remedy);
    const next = applyRemedy(remedy, grant).find(({ user }) => user === "0:0");
    if (next === undefined) throw new Error(`no remedy for root: ${remedy}`);
    grant = { ...grant, capAdd: next.capAdd };
  }
  expect(await inCore("cat", "/tmp/app/app.ini"), asked.join("\n")).toMatch(/a = root \d/);
  expect(await inCore("stat", "-c", "%u:%g %a", "/tmp/app/app.ini")).toBe("1001:1001 600");
  expect(new Set(grant.capAdd)).toEqual(
    new Set(["SYS_PTRACE", "DAC_READ_SEARCH", "DAC_OVERRIDE", "CHOWN", "FOWNER"]),
  );
});

test("the app's own check runs in its root as its user: refused with the capabilities that are missing, then with them", async () => {
  const checked = [
    ...["--env", `SIDECAR_CONFIG_FILES=${JSON.stringify([CHECKED])}`, "--read-only", "--tmpfs", "/tmp"],
    ...["--security-opt", "no-new-privileges"],
  ];
  const base = { user: "0:0", capAdd: ["SYS_PTRACE", "DAC_READ_SEARCH", "DAC_OVERRIDE", "CHOWN", "FOWNER"] };
  const without = await startSidecar(containers, core, { ...base, options: checked });
  const refused = await change(without, "good");
  expect(refused.status, refused.text).toBe(403);
  const { remedy }: { remedy: string } = JSON.parse(refused.text);
  expect(remedy).toContain("cap_add: [SYS_PTRACE, SYS_CHROOT, SETUID, SETGID]");

  const capAdd = [...base.capAdd, "SYS_CHROOT", "SETUID", "SETGID"];
  const sidecar = await startSidecar(containers, core, { ...base, capAdd, options: checked });
  const bad = await change(sidecar, "bad");
  expect(bad.status, bad.text).toBe(422);
  expect(JSON.parse(bad.text)).toMatchObject({ exitCode: 1, output: "1001\nCapEff:\t0000000000000000\n" });
  const good = await change(sidecar, "good");
  expect(good.status, good.text).toBe(200);
  expect(await inCore("cat", "/tmp/app/app.ini")).toContain("a = good");
  expect(await inCore("ls", "-A", "/tmp/app")).toBe("app.ini");
});

test("the app's own check has the sidecar's network and host name, and with the capabilities that are named the app's", async () => {
  const command = [
    "sh",
    "-c",
    'hostname; ip=$(hostname -i); echo "$ip"; grep CapBnd /proc/self/status; grep -q good "$0"',
    "{file}",
  ];
  const files = JSON.stringify([{ path: CHECKED.path, validate: { command, in: "core" } }]);
  const options = ["--env", `SIDECAR_CONFIG_FILES=${files}`, "--read-only", "--tmpfs", "/tmp"];
  const capAdd = ["SYS_PTRACE", "DAC_READ_SEARCH", "DAC_OVERRIDE", "CHOWN", "FOWNER"].concat(
    "SYS_CHROOT",
    "SETUID",
    "SETGID",
  );
  const base = { user: "0:0", capAdd, options: [...options, "--security-opt", "no-new-privileges"] };
  const hostName = await inCore("hostname");
  const lesser = await startSidecar(containers, core, base);
  const { text: told } = await lesser.ask("/capabilities", AS_JSON);
  expect(told).toContain("The command has the sidecar's network, host name, IPC: it lacks CAP_SYS_ADMIN");
  const without = await change(lesser, "bad");
  const { ranIn, output } = z
    .looseObject({ ranIn: z.looseObject({ remedy: z.string() }), output: z.string() })
    .parse(JSON.parse(without.text));
  expect(ranIn).toMatchObject({ root: "core", network: "sidecar", uts: "sidecar", ipc: "sidecar" });
  expect(output.split("\n")[0]).not.toBe(hostName);
  const [grant] = applyRemedy(ranIn.remedy, base);
  if (grant === undefined) throw new Error(`no remedy: ${ranIn.remedy}`);
  const sidecar = await startSidecar(containers, core, grant);
  const refused = await change(sidecar, "bad");
  expect(JSON.parse(refused.text)).toMatchObject({
    ranIn: { root: "core", network: "core", uts: "core", ipc: "core" },
    // Of the app's user, who has none; beside those that chroot takes.
    output: `${hostName}\n${core.address}\nCapBnd:\t00000000000400c0\n`,
  });
  expect((await sidecar.ask("/capabilities", AS_JSON)).text).not.toContain("The command has the sidecar's");
  const good = await change(sidecar, "good again");
  expect(good.status, good.text).toBe(200);
  expect(JSON.parse(good.text)).toMatchObject({ checkRanIn: { network: "core" } });
});
