import { statfs } from "node:fs/promises";
import type { HealthCheck } from "../feature.ts";

/** The check whether the file system of `dir` has at least `minFreePercent` of its space and of its inodes free. It warns. */
export function diskCheck(dir: string, minFreePercent: number): HealthCheck {
  return {
    name: "disk",
    affectsReadiness: false,
    async run() {
      const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(dir);
      // As df does: what is reserved for root is neither free nor used (statfs(2)).
      const spacePercent = percent(bavail, blocks - bfree + bavail);
      // Some file systems have no fixed number of inodes, and say 0.
      const inodesPercent = percent(ffree, files);
      const figures = {
        freeBytes: bavail * bsize,
        totalBytes: blocks * bsize,
        freePercent: spacePercent,
        freeInodesPercent: inodesPercent,
      };
      const isShort = [spacePercent, inodesPercent].some((free) => free !== null && free < minFreePercent);
      const space =
        spacePercent === null ? "an unknown share of the space" : `${spacePercent} % of the space`;
      const inodes = inodesPercent === null ? "" : `, ${inodesPercent} % of the inodes`;
      const detail = `Free on the file system of ${dir}: ${space}${inodes}.`;
      if (!isShort) return { status: "pass", detail, figures };
      const remedy = `Free some room in ${dir}, or set SIDECAR_HEALTH_MIN_DISK_FREE_PERCENT (${minFreePercent}).`;
      return { status: "warn", detail, remedy, figures };
    },
  };
}

function percent(part: number, whole: number): number | null {
  return whole > 0 ? Math.round((part / whole) * 1_000) / 10 : null;
}
