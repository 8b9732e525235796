import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../support/docker.ts";
import { poll } from "../support/poll.ts";
import {
  applyRemedy,
  type Containers,
  type Core,
  type Grant,
  openContainers,
  type Sidecar,
  startCore,
  startSidecar,
} from "./containers.ts";

/**
 * Who may look into whom: every way a sidecar is run, beside apps of several users. What is refused names its remedy,
 * and each alternative of it, applied word for word to another container, lets the same question be answered.
 */

/** How apps are run. Who has changed its user is not dumpable: nginx's workers, sshd, whatever calls setuid(2). */
const CORES = {
  "an app of root": { user: "0:0" },
  "an app of uid 1001": { user: "1001:1001", shell: "true & " },
  "an app that has changed to uid 1001": {
    user: "0:0",
    script: "process.setgroups([]); process.setgid(1001); process.setuid(1001);",
  },
} as const;
type CoreName = keyof typeof CORES;

/** What is asked of a sidecar, and what of it is refused. */
type Question = "trace" | "files" | "env";
type Refused = readonly Question[];

const ALL: Refused = ["trace", "files", "env"];
const HARDENED = ["--security-opt", "no-new-privileges", "--read-only", "--tmpfs", "/tmp"];
const grant = (user: string, ...capAdd: readonly string[]): Grant => ({ user, capAdd, options: HARDENED });
const TRACER = grant("0:0", "SYS_PTRACE");
/** Starts as root and hands SYS_PTRACE down to uid 1000 (capabilities(7), "Ambient"). */
const AMBIENT: Grant = {
  ...grant("0:0", "SETGID", "SETUID", "SYS_PTRACE"),
  starter: [
    ...["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"],
    ...["--inh-caps=+sys_ptrace", "--ambient-caps=+sys_ptrace"],
  ],
};

const MATRIX: readonly (readonly [CoreName, string, Grant, Refused])[] = [
  ["an app of root", "root with SYS_PTRACE", TRACER, []],
  [
    "an app of root",
    "the same, neither read-only nor without new privileges",
    { ...TRACER, options: [] },
    [],
  ],
  ["an app of root", "root without capabilities", grant("0:0"), ALL],
  ["an app of root", "uid 1000 without capabilities", grant("1000:1000"), ALL],
  ["an app of uid 1001", "root with SYS_PTRACE", TRACER, ["files", "env"]],
  ["an app of uid 1001", "root without capabilities", grant("0:0"), ALL],
  [
    "an app of uid 1001",
    "uid 1000 with SYS_PTRACE, which stays out of its reach",
    grant("1000:1000", "SYS_PTRACE"),
    ALL,
  ],
  ["an app of uid 1001", "uid 1000 with SYS_PTRACE as an ambient capability", AMBIENT, ["files", "env"]],
  ["an app of uid 1001", "its own user and group without capabilities", grant("1001:1001"), []],
  ["an app of uid 1001", "its own user in another group", grant("1001:1000"), ALL],
  [
    "an app that has changed to uid 1001",
    "its own user and group without capabilities",
    grant("1001:1001"),
    ALL,
  ],
  ["an app that has changed to uid 1001", "root with SYS_PTRACE", TRACER, []],
];

let containers: Containers;
const cores = new Map<CoreName, Promise<Core>>();
const sidecars = new Map<string, Promise<Sidecar>>();
/** The last of what must not happen at once to an app: the kernel allows one tracer at a time. */
const lastTask = new Map<CoreName, Promise<unknown>>();

beforeAll(async () => {
  containers = await openContainers();
});

afterAll(async () => {
  await Promise.allSettled([...cores.values(), ...sidecars.values()]);
  await containers?.[Symbol.asyncDispose]();
});

/** What is in the map under the key; made, where there is nothing yet. */
function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function coreOf(name: CoreName): Promise<Core> {
  return kept(cores, name, () => startCore(containers, CORES[name]));
}

/** The sidecar of a grant beside an app: started once, however many ask for it. */
function sidecarOf(given: Grant, core: CoreName): Promise<Sidecar> {
  return kept(sidecars, JSON.stringify([core, given]), async () =>
    startSidecar(containers, await coreOf(core), given),
  );
}

/** Does what needs the app untraced, one after the other. */
function inTurn<T>(core: CoreName, task: () => Promise<T>): Promise<T> {
  const done = (lastTask.get(core) ?? Promise.resolve()).then(task);
  lastTask.set(
    core,
    done.catch(() => undefined),
  );
  return done;
}

const json = { headers: { Accept: "application/json" } };

/** Puts a question; gives the remedy where it is refused, undefined where it is answered. */
async function ask(question: Question, given: Grant, core: CoreName): Promise<string | undefined> {
  const sidecar = await sidecarOf(given, core);
  if (question !== "trace") {
    const { status, text } = await sidecar.ask(`/processes/1/${question}`, json);
    expect(status, text).toBe(200);
    const answer = JSON.parse(text);
    const field = question === "files" ? "files" : "variables";
    if (answer[field] !== null) return undefined;
    return answer.unreadable.find((each: { field: string }) => each.field === field).remedy;
  }
  const { status, text } = await inTurn(core, () => sidecar.ask("/strace/1/5", json));
  const { code, remedy, lines } = JSON.parse(text);
  if (status === 200) expect(lines.length, text).toBeGreaterThan(0);
  else expect({ status, code }, text).toEqual({ status: 403, code: "permission-denied" });
  return remedy;
}

/** What the capabilities say of a feature's part. */
async function promisedOf(given: Grant, core: CoreName) {
  const sidecar = await sidecarOf(given, core);
  const { text } = await inTurn(core, () => sidecar.ask("/capabilities", json));
  const { capabilities } = JSON.parse(text);
  return (feature: string, start: string): { works: boolean; remedy?: string } =>
    capabilities
      .find(({ name }: { name: string }) => name === feature)
      .parts.find(({ name }: { name: string }) => name.startsWith(start));
}

test.concurrent.for(MATRIX.map(([core, who, given, refused]) => ({ core, who, given, refused })))(
  "beside $core, $who: what is refused works with its remedy",
  async ({ given, core, refused }) => {
    const remedies: Partial<Record<Question, string>> = {};
    for (const question of ALL) {
      const remedy = await ask(question, given, core);
      if (remedy !== undefined) remedies[question] = remedy;
    }
    expect(Object.keys(remedies)).toEqual(refused);

    const promised = await promisedOf(given, core);
    const { works, remedy } = promised("strace", "trace the app's main process");
    expect({ works, remedy }).toEqual({ works: !refused.includes("trace"), remedy: remedies.trace });
    const details = promised("processes", "read the details");
    expect({ ...details, reason: undefined }).toMatchObject({ works: !refused.includes("files") });
    expect(details.remedy).toBe(remedies.files);

    for (const question of refused) {
      for (const mended of applyRemedy(remedies[question] ?? "", given)) {
        expect(await ask(question, mended, core), `${remedies[question]}: ${JSON.stringify(mended)}`).toBe(
          undefined,
        );
      }
    }
  },
);

const APP = "an app of uid 1001";
const SAME_USER = grant("1001:1001");

async function trace(sidecar: Sidecar, pid: number) {
  const { status, text } = await sidecar.ask(`/strace/${pid}/5`, json);
  return { status, ...JSON.parse(text) };
}

test("what can't be traced by anybody is refused by its kind, and the remedy leads to what can", async () => {
  const sidecar = await sidecarOf(SAME_USER, APP);
  const { processes } = JSON.parse((await sidecar.ask("/processes", json)).text);
  const pidOf = (what: (each: { isSidecar: boolean; stateLetter: string }) => boolean): number =>
    processes.find(what).pid;
  const refusals = [
    [pidOf(({ stateLetter }) => stateLetter === "Z"), "zombie"],
    [pidOf(({ isSidecar }) => isSidecar), "belongs to the sidecar itself"],
  ] as const;
  for (const [pid, detail] of refusals) {
    expect(await trace(sidecar, pid)).toMatchObject({
      ...{ status: 409, code: "process-not-traceable", detail: expect.stringContaining(detail) },
      remedy: "Choose another process: GET processes",
    });
  }
  const missing = { status: 404, code: "process-not-found" };
  expect(await trace(sidecar, 4_194_303)).toMatchObject({
    ...missing,
    remedy: expect.stringContaining("GET processes"),
  });
  expect(
    await trace(
      sidecar,
      pidOf(({ isSidecar }) => !isSidecar),
    ),
  ).toMatchObject({ status: 200 });
});

test("a kernel thread, where the sidecar sees those of the host, is refused as such", async (context) => {
  const sidecar = await sidecarOf({ ...TRACER, options: ["--pid", "host"] }, APP);
  const { name } = JSON.parse((await sidecar.ask("/processes/2", json)).text);
  context.skip(name !== "kthreadd", "the Docker Engine's own PID namespace has no kernel threads");
  expect(await trace(sidecar, 2)).toMatchObject({
    ...{ status: 409, code: "process-not-traceable", detail: expect.stringContaining("is a kernel thread") },
  });
});

test("an app that another one traces is left to it, with the tracer named, and can be traced once that has let go", async () => {
  const [first, second] = await Promise.all([sidecarOf(SAME_USER, APP), sidecarOf(TRACER, APP)]);
  const headers = { Accept: "application/x-ndjson", Authorization: `Bearer ${first.token}` };
  // Its head comes once strace has attached.
  const running = await first.stream("/_sidecar/strace/1/10000", { headers });
  expect(running.statusCode).toBe(200);
  running.on("error", () => undefined).resume();
  const taken = await trace(second, 1);
  expect(taken).toMatchObject({
    ...{
      status: 409,
      code: "already-traced",
      tracer: { isOurs: false, command: expect.stringContaining("strace") },
    },
    remedy: `End process ${taken.tracer.pid}, or wait until it has let go.`,
  });
  expect(await trace(first, 1)).toMatchObject({
    status: 409,
    code: "already-traced",
    tracer: { isOurs: true },
  });
  running.destroy();
  await poll("the app can be traced", async () => (await trace(second, 1)).status === 200);
});

test("a sidecar in a user namespace of its own is refused whatever it may do there, and what mends it is said", async (context) => {
  const starter = ["unshare", "--user", "--map-root-user"];
  const options = ["--security-opt", "seccomp=unconfined"];
  const probe = ["run", "--rm", "--user", SAME_USER.user, ...options, "--entrypoint", "unshare"];
  const isPossible = await docker([...probe, containers.image, ...starter.slice(1), "true"]).then(
    () => true,
    () => false,
  );
  context.skip(!isPossible, "this machine lets nobody but root make user namespaces");
  const given = { ...SAME_USER, options, starter };
  for (const question of ALL) {
    expect(await ask(question, given, APP), question).toMatch(/^Put both into the same user namespace/);
    expect(await ask(question, SAME_USER, APP)).toBe(undefined);
  }
});
