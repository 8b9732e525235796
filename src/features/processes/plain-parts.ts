import { z } from "zod";
import { locateCgroup } from "../../linux/cgroup/locate.ts";
import { parseMemberships } from "../../linux/cgroup/membership.ts";
import { readMaps } from "../../linux/memory-maps.ts";
import { countDescriptors, readIfThere } from "../../linux/proc.ts";
import { readLimits } from "../../linux/proc-limits.ts";
import { readMemoryRollup } from "../../linux/proc-smaps.ts";
import { readRoot } from "../../linux/root-path.ts";
import { secretsQuery } from "./list-query.ts";
import { maySeeSecrets } from "./may-see-secrets.ts";
import { limitQuery, type Part } from "./part.ts";
import { cgroupAnswer, envAnswer, limitsAnswer, mapsAnswer, type Own } from "./part-schema.ts";
import { mebibytes } from "./process-forms.ts";
import { readEnvironment } from "./read-environment.ts";

/** The parts of a process that hardly change: limits, environment, memory and cgroup. */

const NO_QUERY = z.object({});

/** `…/limits`. */
export const limitsPart: Part<Own<typeof limitsAnswer>, typeof NO_QUERY> = {
  name: "limits",
  title: "Limits",
  summary: "The resource limits of a process (getrlimit(2)), and what it uses of them",
  schema: limitsAnswer,
  query: NO_QUERY,
  async read({ pid, reader, status }) {
    const [limits, openFiles] = await Promise.all([
      reader.read(["limits"], () => readLimits(pid)),
      reader.read(["limits.open files.used"], () => countDescriptors(pid)),
    ]);
    const used = new Map<string, number | null>([
      ["open files", openFiles],
      ["address space", status.virtualBytes],
      ["locked memory", status.lockedBytes],
    ]);
    return { limits: limits?.map((each) => ({ ...each, used: used.get(each.name) ?? null })) ?? null };
  },
  view: ({ limits }) => ({
    facts: [],
    columns: ["LIMIT", "USED", "SOFT", "HARD", "UNIT"],
    rightAligned: ["USED", "SOFT", "HARD"],
    rows: (limits ?? []).map(({ name, used, soft, hard, unit }) => [name, used, soft, hard, unit]),
  }),
};

const envQuery = limitQuery.extend(secretsQuery.shape);

/** `…/env`. */
export const envPart: Part<Own<typeof envAnswer>, typeof envQuery> = {
  name: "env",
  title: "Environment",
  summary: "The environment that a process was started with; secrets are masked",
  description:
    "Masked by the names of the variables, and by what looks secret in their values; one under a harmless name is not found.",
  schema: envAnswer,
  query: envQuery,
  async read({ pid, reader, query, call, deps }) {
    const showSecrets = maySeeSecrets(call, "environment variables", deps.log);
    const variables = await reader.read(["total", "variables"], () => readEnvironment(pid, showSecrets));
    return {
      total: variables?.length ?? null,
      variables: variables?.slice(0, Number(query.limit)) ?? null,
    };
  },
  view: ({ total, variables }) => ({
    facts: [`${variables?.length ?? 0} of ${total ?? "?"} variables, as they were at its start`],
    columns: ["NAME", "VALUE"],
    rows: (variables ?? []).map(({ name, value }) => [name, value]),
  }),
};

/** `…/maps`. */
export const mapsPart: Part<Own<typeof mapsAnswer>, typeof limitQuery> = {
  name: "maps",
  title: "Memory",
  summary: "The memory mappings of a process, and what they come to",
  description: "The kernel walks all page tables of the process for the summary: milliseconds for each GB.",
  schema: mapsAnswer,
  query: limitQuery,
  async read({ pid, reader, query }) {
    const [summary, all] = await Promise.all([
      reader.read(["summary"], () => readMemoryRollup(pid)),
      reader.read(["total", "virtualBytes", "mappings"], async () => readMaps(pid, await readRoot(pid))),
    ]);
    return {
      total: all?.length ?? null,
      summary,
      virtualBytes: all?.reduce((sum, { bytes }) => sum + bytes, 0) ?? null,
      mappings: all?.slice(0, Number(query.limit)) ?? null,
    };
  },
  view: ({ total, summary, virtualBytes, mappings }) => ({
    facts: [
      `${mappings?.length ?? 0} of ${total ?? "?"} mappings, ${mebibytes(virtualBytes)} of addresses`,
      ...(summary === null
        ? []
        : [
            `resident ${mebibytes(summary.rssBytes)}, proportional ${mebibytes(summary.pssBytes)}, private ${mebibytes(summary.privateBytes)}, swapped ${mebibytes(summary.swapBytes)}`,
          ]),
    ],
    columns: ["START", "END", "SIZE", "PERMISSIONS", "PATH"],
    rightAligned: ["SIZE"],
    rows: (mappings ?? []).map(({ start, end, bytes, permissions, path }) => [
      ...[start, end, `${bytes / 1_024}K`, permissions, path],
    ]),
  }),
};

/** `…/cgroup`. */
export const cgroupPart: Part<Own<typeof cgroupAnswer>, typeof NO_QUERY> = {
  name: "cgroup",
  title: "Cgroup",
  summary: "The cgroup that a process is in",
  schema: cgroupAnswer,
  query: NO_QUERY,
  async read({ pid, reader, deps }) {
    const core = await deps.coreProcess.find();
    const [cgroup, own, main] = await Promise.all([
      locateCgroup(pid),
      readIfThere(`/proc/${pid}/cgroup`),
      core.kind === "found" ? readIfThere(`/proc/${core.pid}/cgroup`) : undefined,
    ]);
    if (core.kind === "missing") reader.add(["isOfMain"], { reason: core.reason, remedy: core.remedy });
    if (cgroup !== undefined && cgroup.seenThrough === null) reader.add(["seenThrough"], cgroup.obstacle);
    return {
      version: cgroup?.version ?? null,
      path: cgroup?.path ?? null,
      seenThrough: cgroup?.seenThrough ?? null,
      isOfMain: main === undefined ? null : own === main,
      memberships:
        own === undefined
          ? null
          : parseMemberships(own).map((each) => ({ ...each, controllers: [...each.controllers] })),
    };
  },
  view: ({ version, path, isOfMain, memberships }) => ({
    facts: [
      `${path ?? "?"} (${version ?? "?"})${isOfMain === true ? ", that of the app's main process" : ""}`,
    ],
    columns: ["HIERARCHY", "CONTROLLERS", "PATH"],
    rightAligned: ["HIERARCHY"],
    rows: (memberships ?? []).map((each) => [each.hierarchy, each.controllers.join(",") || "-", each.path]),
  }),
};
