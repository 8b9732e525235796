import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the docker client; gives its standard output. What it wrote to standard error is in the error when it fails. */
export async function docker(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout } = await run("docker", args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1_048_576,
  });
  return stdout;
}

/** What `docker inspect` says of a container, as far as tests ask. */
interface ContainerFacts {
  readonly Id: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly ExitCode: number;
    readonly Error: string;
    readonly Pid: number;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: { readonly User: string; readonly Image: string };
  readonly HostConfig: {
    readonly CapAdd: readonly string[] | null;
    readonly CapDrop: readonly string[] | null;
    readonly Privileged: boolean;
    readonly ReadonlyRootfs: boolean;
    readonly SecurityOpt: readonly string[] | null;
    readonly Binds: readonly string[] | null;
    readonly PortBindings: Readonly<Record<string, unknown>> | null;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Source: string;
    readonly Destination: string;
  }[];
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, unknown>>;
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string; readonly NetworkID: string }>>;
  };
}

/** A compose project of its own: unique name, free ports. Disposing of it leaves no container, volume, network or image. */
export interface ComposeProject extends AsyncDisposable {
  readonly name: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  /** Runs `docker compose` with further arguments. */
  compose(...args: readonly string[]): Promise<string>;
  /** The same with other compose files, for one that was changed. */
  composeWith(files: readonly string[], ...args: readonly string[]): Promise<string>;
  inspect(service: string): Promise<ContainerFacts>;
  /** The whole log of a service, without the prefixes. */
  logs(service: string): Promise<string>;
}

/**
 * Builds and starts these compose files (paths below the repository) and waits until all that is in them runs, and is
 * healthy where it can say so.
 */
export async function upProject(files: readonly string[]): Promise<ComposeProject> {
  const project = await makeProject(files);
  try {
    await project.compose("up", "--detach", "--build", "--wait", "--wait-timeout", "120");
    return project;
  } catch (error) {
    const logs = await project.compose("logs", "--no-color").catch(() => "");
    await project[Symbol.asyncDispose]();
    throw new Error(`docker compose up failed; the logs:\n${logs}`, { cause: error });
  }
}

async function makeProject(files: readonly string[]): Promise<ComposeProject> {
  const name = `tickbird-test-${randomBytes(4).toString("hex")}`;
  const [httpsPort, httpPort] = await freePorts();
  const env = { TICKBIRD_HTTPS_PORT: String(httpsPort), TICKBIRD_HTTP_PORT: String(httpPort) };
  const composeWith = (these: readonly string[], ...args: readonly string[]) =>
    docker(["compose", "-p", name, ...these.flatMap((file) => ["-f", file]), ...args], env);
  const compose = (...args: readonly string[]) => composeWith(files, ...args);
  return {
    ...{ name, httpsPort, httpPort, compose, composeWith },
    async inspect(service) {
      const id = (await compose("ps", "--all", "--quiet", service)).trim();
      const [facts]: ContainerFacts[] = JSON.parse(await docker(["inspect", id]));
      if (facts === undefined) throw new Error(`no container of ${service}`);
      return facts;
    },
    logs: (service) => compose("logs", "--no-color", "--no-log-prefix", service),
    async [Symbol.asyncDispose]() {
      await compose("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "5");
    },
  };
}

/** Two different ports that nothing listens on. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0);
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address !== null) ports.push(address.port);
  }
  for (const server of servers) server.close();
  const [first = 0, second = 0] = ports;
  return [first, second];
}
