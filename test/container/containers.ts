import { randomBytes } from "node:crypto";
import { docker } from "../support/docker.ts";
import { IMAGE_FLAGS } from "../support/image-flags.ts";
import { poll } from "../support/poll.ts";
import { type Client, openClientAt } from "./client.ts";

/** Cores and sidecars in containers of their own, without compose: each sidecar with just what it is granted. */

/** The containers of a test file, all from the image of the sidecar. Disposing of it leaves none, and no image. */
export interface Containers extends AsyncDisposable {
  readonly image: string;
  /** Starts a container; gives its id. */
  run(options: readonly string[], command: readonly string[]): Promise<string>;
}

/** What a container of the sidecar is given; all else is dropped. */
export interface Grant {
  /** uid:gid. */
  readonly user: string;
  readonly capAdd: readonly string[];
  /** Further options of `docker run`. */
  readonly options?: readonly string[];
  /** What starts the sidecar's program, and so decides what it may do. */
  readonly starter?: readonly string[];
}

/** An app in a container. */
export interface Core {
  readonly id: string;
  readonly address: string;
}

/** A sidecar in a container. */
export interface Sidecar extends Client {
  readonly id: string;
}

const TOKEN = "operator-token-of-the-container-tests";
const PROGRAM = ["node", ...IMAGE_FLAGS, "dist/main.js"];

/** Builds the image; nothing runs yet. */
export async function openContainers(): Promise<Containers> {
  const image = `tickbird-test-${randomBytes(4).toString("hex")}`;
  // By buildx, which is what compose builds with: they share their cache.
  await docker(["buildx", "build", "--quiet", "--load", "--tag", image, "."]);
  const ids: string[] = [];
  return {
    image,
    async run(options, command) {
      const id = (await docker(["run", "--detach", ...options, image, ...command])).trim();
      ids.push(id);
      return id;
    },
    async [Symbol.asyncDispose]() {
      // A core last: the processes of the others end with it, and the engine would wait for what is no more.
      if (ids.length > 0) await docker(["rm", "--force", "--volumes", ...ids.toReversed()]);
      await docker(["image", "rm", image]);
    },
  };
}

/** Starts an app that is always busy and answers on port 8000: `script` is run by Node.js before. */
export async function startCore(
  containers: Containers,
  { user, script = "", shell = "" }: { user: string; script?: string; shell?: string },
): Promise<Core> {
  const busy = `${script}
    require("node:http").createServer((_request, answer) => answer.end("ok")).listen(8000);
    setInterval(() => require("node:fs").statSync("/"), 5);`;
  const command = ["-c", `${shell} exec node -e '${busy.replaceAll("'", `'"'"'`)}'`];
  const id = await containers.run(["--user", user, "--entrypoint", "sh", "--no-healthcheck"], command);
  const address = await docker(["inspect", "--format", "{{.NetworkSettings.IPAddress}}", id]);
  return { id, address: address.trim() };
}

/** Starts a sidecar beside a core, and waits until it answers. */
export async function startSidecar(containers: Containers, core: Core, grant: Grant): Promise<Sidecar> {
  const [entrypoint = "node", ...rest] = [...(grant.starter ?? []), ...PROGRAM];
  const id = await containers.run(
    [
      ...["--pid", `container:${core.id}`, "--publish", "127.0.0.1::8443", "--no-healthcheck"],
      ...["--env", `SIDECAR_CORE_URL=http://${core.address}:8000`, "--env", "SIDECAR_CORE_PROCESS=1"],
      ...["--env", `SIDECAR_AUTH_TOKEN=${TOKEN}`, "--env", "SIDECAR_HTTP_ENABLED=false"],
      ...["--user", grant.user, "--cap-drop", "ALL", ...grant.capAdd.flatMap((name) => ["--cap-add", name])],
      ...[...(grant.options ?? []), "--entrypoint", entrypoint],
    ],
    rest,
  );
  const published = (await docker(["port", id, "8443/tcp"])).trim();
  const port = Number(published.slice(published.lastIndexOf(":") + 1));
  const client = await poll("the sidecar answers", () => openClientAt(port, TOKEN), {
    timeoutMs: 60_000,
    intervalMs: 50,
  });
  return { ...client, id };
}

/** What is left of a grant when a remedy is applied to it, line by line: one for each of its alternatives. */
export function applyRemedy(remedy: string, grant: Grant): Grant[] {
  return remedy.split(/, or /).map((line) => {
    const user = /user: "(\d+:\d+)"/.exec(line)?.[1];
    const added = /cap_add: \[([A-Z_, ]+)\]/.exec(line)?.[1]?.split(", ") ?? [];
    if (user === undefined && added.length === 0) throw new Error(`no line of a compose file: ${line}`);
    const { starter, ...rest } = grant;
    // A starter changes the user, and has capabilities for that: `user` stands in its place.
    const base = user === undefined || starter === undefined ? grant : { ...rest, capAdd: [] };
    return { ...base, user: user ?? grant.user, capAdd: [...new Set([...base.capAdd, ...added])].sort() };
  });
}
