import { expect, test } from "vitest";
import { docker } from "../support/docker.ts";

/** What every compose file of the project promises, read as compose itself reads it. */

interface Service {
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly ports?: readonly unknown[];
  readonly networks?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly { readonly source?: string }[];
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

/** The files, and the capabilities that the sidecar has there. */
const SETS: readonly (readonly [files: readonly string[], capAdd?: readonly string[]])[] = [
  [["compose.yaml"]],
  [["compose.yaml", "examples/pause/compose.yaml"]],
  [["examples/aspnet/compose.yaml"]],
  // To enter nginx's root, whose configuration it checks there as nginx's user.
  [["examples/nginx/compose.yaml"], ["SYS_PTRACE", "SYS_CHROOT", "SETUID", "SETGID", "KILL"]],
  [["examples/tomcat/compose.yaml"]],
];

test.each(SETS.map(([files, capAdd]) => ({ files, capAdd, name: files.join(" with ") })))(
  "$name keeps the core private and gives the sidecar no privilege beyond what it says",
  async ({ files, capAdd }) => {
    const { services, networks } = await read(files);
    const { core, sidecar } = services;
    expect(core?.ports).toBeUndefined();
    expect(Object.keys(core?.networks ?? {}).map((name) => networks[name]?.internal)).toEqual([true]);
    expect(sidecar).toMatchObject({
      cap_drop: ["ALL"],
      read_only: true,
      security_opt: ["no-new-privileges:true"],
    });
    expect(sidecar?.cap_add).toEqual(capAdd);
    for (const service of Object.values(services)) {
      expect(service.privileged ?? false).toBe(false);
      expect(service.volumes?.map(({ source }) => source) ?? []).not.toContain("/var/run/docker.sock");
    }
  },
);

async function read(files: readonly string[]): Promise<ComposeFile> {
  const named = files.flatMap((file) => ["-f", file]);
  return JSON.parse(await docker(["compose", ...named, "config", "--format", "json"]));
}
