import type { StdioOptions } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { changeList } from "../../src/features/config/changes/change-schema.ts";
import { etagOf } from "../../src/features/config/content.ts";
import { versionList } from "../../src/features/config/history/history-schema.ts";
import { versionRecord } from "../../src/features/config/history/version-record.ts";
import { isHalfWritten } from "../../src/linux/half-written.ts";
import {
  type ServedConfig,
  serveConfig,
  type TestFolder,
  testFolder,
} from "../features/config/support/serve-config.ts";
import { startTarget } from "../linux/target-process.ts";
import { COMPILED } from "../support/compiled.ts";
import { bindMount } from "../support/mounts.ts";
import { isMissing } from "../support/needs.ts";
import { poll } from "../support/poll.ts";
import { type Random, randomOf } from "../support/random.ts";
import { type Changed, changed, contentOf, GROUPS, isFit, killSettings, NAMES } from "./kill-contents.ts";

/**
 * Sidecars that change files all the time are killed at a random instant, again and again. Then each file must be, byte
 * for byte, what it was before the change that was under way or what that was to make of it; and once the next sidecar has
 * started, files that were changed together the same again, what was not verified yet verified, and the history true. A
 * file that is itself a mount can't be replaced at once: it may be a mixture, until the next sidecar has started.
 */

const ROUNDS = Number(process.env["SOAK_KILLS"] ?? 30);
const SEED = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
const MAX_ROUND_MS = 30_000;
/** So many times the rounds it may take until every kind of change was seen undone and done: on a busy machine few are. */
const MAX_FACTOR = 12;
/**
 * So many sidecars are in one process, and killed with it, each amid something else: most of the time of a kill would be
 * spent on starting one.
 */
const LANES = 10;
/** After so many changes of each, at most, they are killed, and so long after the last of these. */
const MAX_CHANGES = 8;
const MAX_INSTANT_MS = 10;
/** Of `f`, which is a plain file where this user may mount nothing. */
const IS_MOUNT = !isMissing("namespaces");

type Group = (typeof GROUPS)[number];
/** The number of the content that each group has. */
type State = Record<Group, number>;

/** What was found right after a kill amid a change of a group, or within the put-back of it. */
interface Seen {
  old: number;
  new: number;
  between: number;
}

/** An app that reads `d` and `e` when it is told to, and says in its log whether it takes them. */
async function startApp(folder: TestFolder) {
  const numberIn = (name: string) => Number.parseInt(readFileSync(join(folder.path, name), "utf8"), 10);
  const server = createServer((_request, answer) => {
    const [d, e] = [numberIn("d.txt"), numberIn("e.txt")];
    appendFileSync(join(folder.path, "log"), `${d === e && isFit(d) ? "taken" : "refused"} ${d} ${e}\n`);
    answer.end();
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One of the sidecars: where it is, and what has become of its files so far. */
interface Lane {
  readonly folder: TestFolder;
  readonly history: TestFolder;
  readonly url: string;
  readonly state: State;
  next: number;
}

/** Makes the files of a sidecar, and its app. */
async function openLane(opened: AsyncDisposableStack): Promise<Lane> {
  const folder = opened.use(await testFolder());
  const history = opened.use(await testFolder());
  for (const group of GROUPS) {
    for (const letter of group) await folder.write(`${letter}.txt`, contentOf(group, 0));
  }
  if (IS_MOUNT) {
    const elsewhere = opened.use(await testFolder());
    const source = await elsewhere.write("f.txt", contentOf("f", 0));
    opened.use(bindMount(source, join(folder.path, "f.txt")));
  }
  await folder.write("log", "");
  const { url } = opened.use(await startApp(folder));
  return { folder, history, url, state: { ab: 0, c: 0, de: 0, f: 0 }, next: 1 };
}

/** Starts sidecars, kills them at a random instant, and gives the changes that they had begun, in order. */
async function killAll(lanes: readonly Lane[], random: Random): Promise<readonly Changed[]> {
  const path = new URL("./change-rounds.ts", import.meta.url).pathname;
  const told = lanes.map(({ folder, history, url, next: first }) =>
    JSON.stringify({ folder: folder.path, state: history.path, url, first }),
  );
  const env = { ...process.env, ...COMPILED };
  const stdio: StdioOptions = ["ignore", "pipe", "inherit"];
  await using changer = await startTarget([process.execPath, path, ...told], { env, stdio });
  expect(JSON.parse(await changer.line())).toEqual({ ready: true });
  const begun: Changed[] = [];
  const next = async () => begun.push(changed.parse(JSON.parse(await changer.line())));
  const until = 1 + random.int(lanes.length * MAX_CHANGES);
  while (begun.length < until) await next();
  await delay(random.int(MAX_INSTANT_MS * 100) / 100);
  await changer.kill();
  for (;;) {
    // What they had said before.
    const line = await changer.line().catch(() => undefined);
    if (line === undefined) return begun;
    begun.push(changed.parse(JSON.parse(line)));
  }
}

/** The records that are kept of a file, in the order of their numbers. */
async function recordsOf({ history }: Lane, name: string) {
  const kept = join(history.path, "config-history", `${name}.versions`);
  const names = (await readdir(kept)).filter((each) => /^\d{8}\.json$/.test(each)).toSorted();
  return await Promise.all(
    names.map(async (each) => versionRecord.parse(JSON.parse(await readFile(join(kept, each), "utf8")))),
  );
}

/** Whether a change of `d` and `e` was written wholly, and not yet verified. */
async function isUnverified(lane: Lane): Promise<boolean> {
  const each = ["d.txt", "e.txt"].map(async (name) => {
    const latest = (await recordsOf(lane, name)).at(-1);
    const bytes = await readFile(join(lane.folder.path, name));
    return latest?.verified === "pending" && latest.etag === etagOf(bytes);
  });
  return (await Promise.all(each)).some(Boolean);
}

/** As the number of a content that is a mixture of two. */
const MIXTURE = -1;

/** Whether it is a mixture of the two contents that `f` may have. */
function isMixture(content: string, known: readonly number[]): boolean {
  const [old, next] = known.map((number) => Buffer.from(contentOf("f", number)));
  return old !== undefined && next !== undefined && isHalfWritten(Buffer.from(content), old, next);
}

/** Which of the contents that it may have a file has. Fails where it has another one. */
async function numberOf(lane: Lane, letter: string, group: Group, known: readonly number[]): Promise<number> {
  const name = `${letter}.txt`;
  const content = await lane.folder.read(name);
  const found = known.find((number) => content === contentOf(group, number));
  if (found === undefined && group === "f" && IS_MOUNT && isMixture(content, known)) return MIXTURE;
  if (found === undefined) {
    const shown = `${content.length} characters, ${JSON.stringify(content.slice(0, 20))}…${JSON.stringify(content.slice(-20))}`;
    throw new Error(`${name} is neither ${known.join(" nor ")}: ${shown}`);
  }
  return found;
}

/** Holds the history of a file against the file, and what lies on disk of it against what it should. */
async function checkHistory(app: ServedConfig, { folder, history }: Lane, name: string): Promise<void> {
  const content = await folder.read(name);
  const { versions } = versionList.parse(await (await app.get(`/config/${name}/versions`)).json());
  const [latest] = versions;
  expect(latest).toMatchObject({ etag: etagOf(Buffer.from(content)), isCurrent: true });
  expect(await (await app.get(`/config/${name}/versions/${latest?.version}?secrets=show`)).text()).toBe(
    content,
  );
  // Nobody else has written these files.
  for (const { kind } of versions) expect(kind).toMatch(/^(found|change|rollback)$/);
  for (const { verified } of versions) expect(verified).not.toBe("pending");
  const kept = (await readdir(join(history.path, "config-history", `${name}.versions`))).toSorted();
  const numbers = versions.map(({ version }) => String(version).padStart(8, "0")).toReversed();
  expect(kept).toEqual(numbers.flatMap((number) => [`${number}.gz`, `${number}.json`]));
}

/** What must have become of the change that was under way, once the next sidecar has started. */
function outcomeOf({ files, number }: Changed, before: number, found: readonly number[]): number {
  if (files === "de" && !isFit(number)) return before;
  return found.every((each) => each === number) ? number : before;
}

/** The numbers of the files of a group. Fails where one of them has no content that it may have. */
function numbersOf(lane: Lane, group: Group, known: readonly number[]): Promise<number[]> {
  return Promise.all([...group].map((letter) => numberOf(lane, letter, group, known)));
}

/** Holds all files against what they may be right after a kill, and gives the numbers of those that were being changed. */
async function lookAfterKill(lane: Lane, last: Changed): Promise<readonly number[]> {
  const { state } = lane;
  for (const group of GROUPS) if (group !== last.files) await numbersOf(lane, group, [state[group]]);
  return await numbersOf(lane, last.files, [state[last.files], last.number]);
}

/** Starts the next sidecar, and holds what it makes of what it finds against what it must. */
async function startNext(lane: Lane, last: Changed, found: readonly number[]) {
  const { folder, state } = lane;
  const isTakenUp = await isUnverified(lane);
  const deps = { state: lane.history.path, url: lane.url };
  await using app = await serveConfig(killSettings(folder.path), deps);
  expect((await readdir(folder.path)).toSorted()).toEqual([...NAMES, "log"]);
  const isOver = async () => {
    const list = changeList.parse(await (await app.get("/changes")).json()).changes;
    return list.every((change) => change.state !== "running") ? list : undefined;
  };
  const changes = await poll("all is verified", isOver, { timeoutMs: MAX_ROUND_MS });
  if (isTakenUp) {
    const end = isFit(last.number) ? "done" : "rolled-back";
    expect(changes.map((change) => change.state)).toEqual([end]);
  }
  state[last.files] = outcomeOf(last, state[last.files], found);
  for (const group of GROUPS) await numbersOf(lane, group, [state[group]]);
  for (const name of NAMES) await checkHistory(app, lane, name);
  return isTakenUp;
}

/** How the files were found after the kills, and how many changes were taken up again. */
interface Figures extends Record<Group, Seen> {
  takenUp: number;
}

/** Looks at the files of one of the sidecars after a kill, and starts its next one. */
async function lookAtLane(lane: Lane, begun: readonly Changed[], figures: Figures): Promise<void> {
  const { state } = lane;
  const last = begun.at(-1);
  if (last === undefined) return;
  for (const each of begun.slice(0, -1)) {
    state[each.files] = outcomeOf(each, state[each.files], [each.number]);
  }
  const where = `amid ${JSON.stringify(last)} after ${JSON.stringify(state)}`;
  try {
    const found = await lookAfterKill(lane, last);
    const isMixed = new Set(found).size > 1 || found.includes(MIXTURE);
    figures[last.files][isMixed ? "between" : found[0] === last.number ? "new" : "old"] += 1;
    if (await startNext(lane, last, found)) figures.takenUp += 1;
  } catch (error) {
    throw new Error(where, { cause: error });
  }
  lane.next = last.number + 1;
}

function tell(kills: number, figures: Figures): void {
  process.stdout.write(`${kills} kills: ${JSON.stringify(figures)}\n`);
}

function isAllSeen({ takenUp, ...seen }: Figures): boolean {
  return takenUp > 0 && Object.values(seen).every((each) => each.old > 0 && each.new > 0);
}

test(
  `${ROUNDS} kills amid changes leave the old or the new content to the byte, and the next sidecar puts all right`,
  async () => {
    const random = randomOf(SEED);
    await using opened = new AsyncDisposableStack();
    const lanes: Lane[] = [];
    for (let index = 0; index < LANES; index++) {
      lanes.push(await openLane(opened));
    }
    const none = () => ({ old: 0, new: 0, between: 0 });
    const figures: Figures = { ab: none(), c: none(), de: none(), f: none(), takenUp: 0 };
    let kills = 0;
    while (kills < ROUNDS || (!isAllSeen(figures) && kills < MAX_FACTOR * ROUNDS)) {
      const begun = Map.groupBy(await killAll(lanes, random), ({ lane }) => lane);
      for (const [index, lane] of lanes.entries()) {
        await lookAtLane(lane, begun.get(index) ?? [], figures).catch((error: unknown) => {
          throw new Error(`seed ${SEED}, after ${kills} kills, lane ${index}`, { cause: error });
        });
      }
      const before = kills;
      kills += begun.size;
      if (Math.floor(before / 100) < Math.floor(kills / 100)) tell(kills, figures);
    }
    tell(kills, figures);
    expect(isAllSeen(figures), JSON.stringify(figures)).toBe(true);
    // Of so many, some hit the moment between two files of a change.
    if (kills >= 300) expect(figures.ab.between + figures.de.between).toBeGreaterThan(0);
  },
  MAX_FACTOR * ROUNDS * MAX_ROUND_MS,
);
