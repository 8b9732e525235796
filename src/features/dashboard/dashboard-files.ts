import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { isErrno } from "../../base/errors.ts";

/** The built files of the dashboard, as Vite left them: the page, and assets with the hash of what is in them in their names. */

/** The content codings (RFC 9110 section 8.4.1) that a build has each asset in, the smallest first. */
export const CODINGS = ["br", "gzip", "identity"] as const;

type Coding = (typeof CODINGS)[number];

const ENDINGS: Readonly<Record<Coding, string>> = { br: ".br", gzip: ".gz", identity: "" };

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** An asset as it is sent. */
export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

/** What was built, or nothing where it was not. */
export interface DashboardFiles {
  /** The text of the page; undefined where the dashboard has not been built. */
  page(): Promise<string | undefined>;
  /** An asset in one of its codings; undefined for a name that the build has not made. */
  asset(name: string, coding: Coding): Promise<Asset | undefined>;
}

/** Opens a build. It is looked at when it is first asked for, and kept no longer than an answer takes: it is read seldom. */
export function openDashboardFiles(folder: string): DashboardFiles {
  const assets = join(folder, "assets");
  let known: Promise<ReadonlySet<string>> | undefined;
  return {
    page: () => readIfThere(join(folder, "index.html")).then((bytes) => bytes?.toString()),
    async asset(name, coding) {
      known ??= namesIn(assets);
      const type = TYPES[extname(name)];
      const file = name + ENDINGS[coding];
      // Only what was found in the folder: no name from a client becomes a path.
      if (type === undefined || !(await known).has(file)) return undefined;
      const bytes = await readIfThere(join(assets, file));
      return bytes === undefined ? undefined : { type, bytes };
    },
  };
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return new Set();
    throw error;
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
