import { isErrno } from "../../base/errors.ts";
import type { Obstacle } from "../look-into.ts";
import { readText } from "../proc.ts";
import type { Cgroup, Controller, Place } from "./locate.ts";

/** Why a field is null, and the line that mends it where there is one. */
export interface Unread extends Obstacle {
  readonly field: string;
}

/** Collects what could not be read while something is. */
export interface Notes {
  readonly list: readonly Unread[];
  /** Writes the same obstacle down for some fields. */
  add(fields: readonly string[], obstacle: Obstacle): void;
}

/** Makes an empty collection. */
export function createNotes(): Notes {
  const list: Unread[] = [];
  return {
    list,
    add(fields, obstacle) {
      for (const field of fields) list.push({ field, ...obstacle });
    },
  };
}

/** Reads the files of a cgroup; what is missing goes to the notes. */
export interface CgroupReader {
  /** The place of a controller; undefined where it has none. */
  place(controller: Controller): Place | undefined;
  /** The version of the hierarchy that a controller is in, or would be. */
  version(controller: Controller): 1 | 2;
  /**
   * The text of a file in the cgroup's own folder, or null, which is noted for the fields that come from it.
   * @param remedy what to say where the kernel has no such file there.
   */
  text(
    controller: Controller,
    file: string,
    fields: readonly string[],
    remedy?: string,
  ): Promise<string | null>;
  /** The texts of a file in the folders of the visible ancestors; those without one are left out. */
  above(controller: Controller, file: string): Promise<readonly string[]>;
  /** Notes why a field has no value although its file was read. */
  note(fields: readonly string[], obstacle: Obstacle): void;
}

const CONTROLLER_ON =
  "Run the app in a container with this controller (cgroup.subtree_control of the parent)";
/** Far more than any of these files has. */
const MAX_BYTES = 1_048_576;

/** Makes the reader of a cgroup. */
export function createCgroupReader(cgroup: Cgroup, notes: Notes): CgroupReader {
  const place = (controller: Controller) => cgroup.places.get(controller);
  return {
    place,
    version: (controller) => place(controller)?.version ?? (cgroup.version === "v2" ? 2 : 1),
    async text(controller, file, fields, remedy) {
      const [folder] = place(controller)?.folders ?? [];
      if (folder === undefined) {
        notes.add(fields, cgroup.obstacle);
        return null;
      }
      try {
        return await readText(`${folder}/${file}`, MAX_BYTES);
      } catch (error) {
        notes.add(fields, obstacleOf(error, controller, file, remedy));
        return null;
      }
    },
    async above(controller, file) {
      const [, ...ancestors] = place(controller)?.folders ?? [];
      const texts = await Promise.all(
        ancestors.map((folder) => readText(`${folder}/${file}`, MAX_BYTES).catch(() => undefined)),
      );
      return texts.filter((text) => text !== undefined);
    },
    note: notes.add,
  };
}

function obstacleOf(error: unknown, controller: Controller, file: string, remedy = CONTROLLER_ON): Obstacle {
  if (isErrno(error, "ENOENT")) {
    return {
      reason: `the app's cgroup has no file ${file}: the controller ${controller} is off there, the kernel has none, or it is the root cgroup`,
      remedy,
    };
  }
  if (isErrno(error, "ENODEV", "ESRCH")) return { reason: "the cgroup was removed meanwhile", remedy: null };
  const code = error instanceof Error ? error.message : String(error);
  return { reason: `${file} can't be read: ${code}`, remedy: null };
}
